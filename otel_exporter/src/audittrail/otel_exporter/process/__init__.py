"""What a process does to those who send in the background: it forks, is told to end, ends."""
