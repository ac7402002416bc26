"""How well models and files predict, and what each file takes: scores, LiteRT, sizes."""
