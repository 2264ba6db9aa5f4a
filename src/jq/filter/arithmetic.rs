//! Groups `*`, `/` and `%` as jq does: all three bind equally, from the left, and a minus before a factor takes all
//! factors that follow. In jaq, `%` binds tighter, and a minus takes one factor.

use jaq_core::load::lex::{StrPart, Tok, Token};
use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::ops::Math;

use super::terms::for_each_child;

/// The name of a filter that stands for parentheses, which syntax trees do not have. No filter can be called so.
const PARENTHESES: &str = "()";

/// The words that an operand may follow.
const KEYWORDS: [&str; 11] = ["and", "or", "if", "then", "elif", "else", "try", "catch", "reduce", "foreach", "as"];

/// Marks factors in parentheses.
pub(super) fn mark(tokens: Vec<Token<&str>>) -> Vec<Token<&str>> {
    let mut marked: Vec<Token<&str>> = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter().peekable();
    while let Some(Token(text, token)) = tokens.next() {
        let token = match token {
            Tok::Block(inner) => {
                let before = marked.last();
                let factor = is_operator(before) || (may_precede(before) && is_operator(tokens.peek()));
                if factor && text.starts_with('(') {
                    marked.push(Token(PARENTHESES, Tok::Word));
                }
                Tok::Block(mark(inner))
            }
            Tok::Str(parts) => Tok::Str(parts.into_iter().map(mark_part).collect()),
            other => other,
        };
        marked.push(Token(text, token));
    }
    marked
}

fn mark_part<'s>(part: StrPart<&'s str, Token<&'s str>>) -> StrPart<&'s str, Token<&'s str>> {
    match part {
        StrPart::Term(Token(text, Tok::Block(inner))) => StrPart::Term(Token(text, Tok::Block(mark(inner)))),
        other => other,
    }
}

fn is_operator(token: Option<&Token<&str>>) -> bool {
    matches!(token, Some(Token("*" | "/" | "%", Tok::Sym)))
}

/// Whether an operand may follow a token, rather than arguments.
fn may_precede(token: Option<&Token<&str>>) -> bool {
    match token {
        None | Some(Token(_, Tok::Sym)) => true,
        Some(Token(word, Tok::Word)) => KEYWORDS.contains(word),
        _ => false,
    }
}

/// Groups the factors in a term anew, and removes the marks.
pub(super) fn regroup(term: &mut Term<&str>) {
    match term {
        Term::Call(PARENTHESES, arguments) => {
            *term = arguments.pop().unwrap_or_default();
            regroup(term);
        }
        Term::BinOp(_, BinaryOp::Math(Math::Mul | Math::Div | Math::Rem), _) => {
            let mut others = Vec::new();
            let first = flatten(std::mem::take(term), &mut others);
            *term = product(first, &mut others.into_iter());
        }
        _ => for_each_child(term, &mut regroup),
    }
}

/// Returns the first factor, and adds the others with the operators before them.
fn flatten<'s>(term: Term<&'s str>, others: &mut Vec<(BinaryOp<&'s str>, Term<&'s str>)>) -> Term<&'s str> {
    match term {
        Term::BinOp(left, operator @ BinaryOp::Math(Math::Mul | Math::Div | Math::Rem), right) => {
            let first = flatten(*left, others);
            let at = others.len();
            let right = flatten(*right, others);
            others.insert(at, (operator, right));
            first
        }
        factor => factor,
    }
}

fn product<'s>(
    mut left: Term<&'s str>,
    others: &mut impl Iterator<Item = (BinaryOp<&'s str>, Term<&'s str>)>,
) -> Term<&'s str> {
    regroup(&mut left);
    while let Some((operator, right)) = others.next() {
        let right = factor(right, others);
        left = Term::BinOp(Box::new(left), operator, Box::new(right));
    }
    left
}

/// A factor; behind a minus, with all others.
fn factor<'s>(
    term: Term<&'s str>,
    others: &mut impl Iterator<Item = (BinaryOp<&'s str>, Term<&'s str>)>,
) -> Term<&'s str> {
    match term {
        Term::Neg(inner) if matches!(*inner, Term::Neg(_)) => Term::Neg(Box::new(factor(*inner, others))),
        Term::Neg(inner) => Term::Neg(Box::new(product(*inner, others))),
        mut other => {
            regroup(&mut other);
            other
        }
    }
}
