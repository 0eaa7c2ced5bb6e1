"""Who is called after whom: a plan of calls, carried out."""
