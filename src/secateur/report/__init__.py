"""Write what people read: the verdict, tables, pictures and the page."""
