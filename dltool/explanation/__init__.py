"""What a trained network's predictions depend on: columns, steps of series, words, places in images."""
