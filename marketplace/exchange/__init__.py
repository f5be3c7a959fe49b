"""Exchange: lists of achievements and demands, in from spreadsheets and out to them."""
