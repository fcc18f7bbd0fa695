"""From files to prepared samples: sources, splits, preprocessing, and what a network needs to know of them.

A file passes these folders on its way to a batch, and none imports one that comes later:

- `files`: paths, gzip, lines of text; values of files in messages
- `column_types`, `scaling`: how the cells of a column are read; how numbers are scaled
- `readers`: the contract of what is read from a source
- `arrays`, `tables`, `images`, `time_series`: reading each of these
- `sources`: what a config names, one file for each format
- `targets`, `samples`: what is predicted; prepared samples and their signature
- `features`, `splitting`: how columns become numbers and codes; which rows are for what
- `preprocessing`, `store`: everything fitted to the training part; prepared samples on disk
- `dataset`, `prediction`: the parts of an experiment; samples of other files
- `inspection`: what is odd about data
"""
