"""What programs of others tell us unasked. Nobody signs in here: who calls is proved by what they send."""
