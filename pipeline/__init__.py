"""From notebooks to pages and handouts: reading, executing, cutting and quoting the labs."""
