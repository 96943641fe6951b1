"""The notice that a change owes: its dates, its life and its words. Pure: values in, values out."""
