"""What starts runs by itself: schedules, API endpoints, events."""
