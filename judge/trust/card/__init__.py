"""A judge's card: ten measurements on one page, criterion by criterion."""
