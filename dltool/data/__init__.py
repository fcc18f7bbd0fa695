"""From files to prepared samples: sources, splits, preprocessing, and the signature that a network is built for.

Data passes through these folders in order, and none imports a later one:

- `files`: paths, gzip, lines of text; values of files in messages
- `column_types`, `scaling`: how the cells of a column are read; how numbers are scaled
- `readers`: the contract of readers
- `arrays`, `tables`, `images`, `time_series`: reading each of these
- `sources`: the sources that a config can name, one file for each format
- `targets`, `samples`: what is predicted; prepared samples and their signature
- `features`, `splitting`: how columns become numbers and codes; which rows are in which part
- `preprocessing`, `store`: everything fitted to the training part; prepared samples on disk
- `dataset`, `prediction`: the parts of an experiment; samples of other files
- `inspection`: checks for suspicious data
"""
