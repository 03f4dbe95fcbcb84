"""Claims of deeds known by weights that labelled sentences taught, whatever their words and form."""
