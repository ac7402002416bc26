"""What CI asks of a DVC project: `verify`, are its results real; `gate`, are they worse."""
