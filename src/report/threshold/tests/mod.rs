mod beyond;
mod changes;
mod judging;
mod parsing;
