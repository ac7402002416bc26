"""What people read.

The verdict, tables, pictures, the page. Only the stage `report` and checks use it.
"""
