"""The guided tour: lessons as data files, read, worded in a language, and laid out as a page."""
