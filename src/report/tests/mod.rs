mod laws;
mod stored;
