"""One module per desk of the demo factory; each does a day's work by the verbs that its people have."""
