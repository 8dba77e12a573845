"""Rules that are applied to what agents do. ``pricing`` says what it cost."""
