"""The page that shows and plays what a run has made, and the player that it shares with the listening test."""
