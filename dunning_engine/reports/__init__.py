"""Floor 7: pure folds that people read: when somebody may be reached, what a rule of law says and how it answers."""
