"""`python -m secateur`, which is `secateur`."""

from secateur.command.app import main

if __name__ == "__main__":
    main()
