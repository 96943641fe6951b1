"""The public site: pages, feeds and files made of the register, and put in place whole."""
