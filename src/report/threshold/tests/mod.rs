mod beyond;
mod judging;
mod parsing;
