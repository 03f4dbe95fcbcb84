"""The doctor: looks at everything that cases need, changes nothing, and says what is wrong and what would be right."""
