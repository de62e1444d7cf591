"""Tell what a load showed: numbers, tables, pictures, and what its limit was."""
