//! What a terminal can show: colours, characters beyond ASCII.

use std::env;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

/// How the screen looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) colors: Colors,
    /// Characters beyond ASCII can be shown.
    pub(super) unicode: bool,
}

/// How many colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colors {
    /// Only bold and dim text.
    None,
    Few,
    /// The 256 of xterm.
    Many,
}

impl Look {
    /// What the environment says of the terminal; `is_colored` if colours are wanted.
    pub(super) fn of_terminal(is_colored: bool) -> Self {
        let var = |name: &str| env::var(name).unwrap_or_default();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(var).into_iter().find(|value| !value.is_empty());
        Look::new(is_colored, &var("TERM"), &var("COLORTERM"), &locale.unwrap_or_default())
    }

    fn new(is_colored: bool, term: &str, colorterm: &str, locale: &str) -> Self {
        let has_many = term.contains("256color") || term.contains("direct") || !colorterm.is_empty();
        let colors = match (is_colored, has_many) {
            (false, _) => Colors::None,
            (true, false) => Colors::Few,
            (true, true) => Colors::Many,
        };
        let locale = locale.to_ascii_lowercase();
        Look { colors, unicode: locale.contains("utf-8") || locale.contains("utf8") }
    }

    pub(super) fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn good(self) -> Style {
        self.colored(Color::Green)
    }

    /// Attracts attention.
    pub(super) fn warning(self) -> Style {
        self.colored(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    pub(super) fn bad(self) -> Style {
        self.colored(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(super) fn colored(self, color: Color) -> Style {
        if self.colors == Colors::None { Style::new() } else { Style::new().fg(color) }
    }

    /// Replaces what the terminal cannot show.
    pub(super) fn adapt(self, buffer: &mut Buffer) {
        if self.unicode {
            return;
        }
        for cell in buffer.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
            let plain = match cell.symbol() {
                "━" => "=",
                "─" => "-",
                "·" => "|",
                "µ" => "u",
                "≥" => ">",
                "…" => "~",
                _ => "?",
            };
            cell.set_symbol(plain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_what_can_be_shown() {
        for (term, colorterm, locale, colors, unicode) in [
            ("xterm", "", "C.UTF-8", Colors::Few, true),
            ("xterm-256color", "", "de_DE.utf8", Colors::Many, true),
            ("xterm", "truecolor", "C", Colors::Many, false),
            ("linux", "", "", Colors::Few, false),
        ] {
            assert_eq!(Look::new(true, term, colorterm, locale), Look { colors, unicode }, "{term}");
            assert_eq!(Look::new(false, term, colorterm, locale).colors, Colors::None);
        }
    }
}
