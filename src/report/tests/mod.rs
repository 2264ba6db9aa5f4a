mod merging;
mod saving;
