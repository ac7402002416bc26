"""The page and the tables that a run ends with. Only the stage `report` imports this."""
