//! Charts: lines and areas over two axes, drawn by plotters.

use std::io;

use plotters::prelude::*;

use super::axis::Axis;
use super::mark::Mark;
use super::markup::Html;

/// Units of the drawing. It has whole numbers only, and is shown at half that size or less.
const SIZE: (u32, u32) = (1200, 560);
const ABOVE: u32 = 24;
const RIGHT: u32 = 72;
const LEFT: u32 = 150;
const BELOW: u32 = 48;
const FONT: u32 = 30;
const LINE: u32 = 4;
const BACKGROUND_LINE: u32 = 8;
const DOT: u32 = 6;

/// Of the axes. The style of the page knows each colour here by its value, and changes it where it is dark.
const INK: RGBColor = RGBColor(0x57, 0x60, 0x6a);
const GRID: RGBColor = RGBColor(0xe3, 0xe6, 0xea);

/// A colour that tells a line from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Hue {
    Blue,
    Green,
    Orange,
    Purple,
    Gold,
    Sky,
    Red,
    Grey,
}

impl Hue {
    pub(in crate::report) const ALL: [Hue; 8] =
        [Hue::Blue, Hue::Orange, Hue::Green, Hue::Purple, Hue::Gold, Hue::Sky, Hue::Red, Hue::Grey];

    /// The colour for one of several lines.
    pub(in crate::report) fn nth(place: usize) -> Self {
        Hue::ALL[place % Hue::ALL.len()]
    }

    fn color(self) -> RGBColor {
        match self {
            Hue::Blue => RGBColor(0x0b, 0x6b, 0xc2),
            Hue::Orange => RGBColor(0xd5, 0x5e, 0x00),
            Hue::Green => RGBColor(0x00, 0x8f, 0x6b),
            Hue::Purple => RGBColor(0xa3, 0x49, 0xa4),
            Hue::Gold => RGBColor(0xa8, 0x7b, 0x00),
            Hue::Sky => RGBColor(0x3b, 0xa3, 0xd8),
            Hue::Red => RGBColor(0xc6, 0x28, 0x28),
            Hue::Grey => RGBColor(0xb4, 0xbb, 0xc4),
        }
    }

    /// The width of a line: the grey one is seen below another that has the same values.
    fn line(self) -> u32 {
        if self == Hue::Grey { BACKGROUND_LINE } else { LINE }
    }

    /// The class of its mark in a legend.
    fn class(self) -> &'static str {
        match self {
            Hue::Blue => "blue",
            Hue::Orange => "orange",
            Hue::Green => "green",
            Hue::Purple => "purple",
            Hue::Gold => "gold",
            Hue::Sky => "sky",
            Hue::Red => "red",
            Hue::Grey => "grey",
        }
    }
}

/// Points by their values on both axes.
pub(in crate::report) type Points = Vec<(f64, f64)>;

/// One thing drawn, and what the legend calls it.
#[derive(Debug, Clone)]
pub(in crate::report) struct Drawn {
    pub(in crate::report) name: String,
    pub(in crate::report) hue: Hue,
    pub(in crate::report) shape: Shape,
}

/// How it is drawn.
#[derive(Debug, Clone)]
pub(in crate::report) enum Shape {
    /// Lines, one for each stretch without a gap. A point by itself is a dot.
    Lines(Vec<Points>),
    /// An area within these corners.
    Area(Points),
    /// A mark at each point.
    Marks(Mark, Points),
}

/// A chart.
#[derive(Debug, Clone)]
pub(in crate::report) struct Chart<'a> {
    pub(in crate::report) title: &'a str,
    /// What else its reader must know.
    pub(in crate::report) note: &'a str,
    pub(in crate::report) x: Axis,
    pub(in crate::report) y: Axis,
    /// Later ones lie on top, and come first in the legend.
    pub(in crate::report) drawn: Vec<Drawn>,
}

impl Chart<'_> {
    /// The chart, with its legend.
    ///
    /// # Errors
    /// It cannot be drawn.
    pub(in crate::report) fn html(&self) -> io::Result<Html> {
        let mut html = Html::default();
        html.raw("<figure>\n<figcaption>").text(self.title);
        if !self.note.is_empty() {
            html.raw(" <small>").text(self.note).raw("</small>");
        }
        html.raw("</figcaption>\n<ul class=\"legend\">\n");
        for Drawn { name, hue, shape } in self.drawn.iter().rev() {
            html.raw("<li><i class=\"").raw(hue.class());
            if let Shape::Marks(mark, _) = shape {
                html.raw(" ").raw(mark.class());
            }
            html.raw("\"></i><bdi>").text(name).raw("</bdi></li>\n");
        }
        html.raw("</ul>\n<div role=\"img\" aria-label=\"Chart: ").text(self.title).raw("\">\n");
        html.part(&self.svg().map_err(|error| io::Error::other(format!("a chart cannot be drawn: {error}")))?);
        html.raw("</div>\n</figure>\n");
        Ok(html)
    }

    fn svg(&self) -> Result<Html, DrawingAreaErrorKind<io::Error>> {
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            let mut chart = ChartBuilder::on(&root)
                .margin_top(ABOVE)
                .margin_right(RIGHT)
                .y_label_area_size(LEFT)
                .x_label_area_size(BELOW)
                .build_cartesian_2d(self.x.clone(), self.y.clone())?;
            chart
                .configure_mesh()
                .axis_style(INK)
                .bold_line_style(GRID.stroke_width(2))
                .light_line_style(TRANSPARENT)
                .label_style(("sans-serif", FONT).into_font().color(&INK))
                .draw()?;
            for Drawn { hue, shape, .. } in &self.drawn {
                let (fill, stroke) = (hue.color().filled(), hue.color().stroke_width(hue.line()));
                match shape {
                    Shape::Area(corners) => _ = chart.draw_series([Polygon::new(corners.clone(), fill)])?,
                    Shape::Lines(lines) => {
                        let (dots, lines): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.len() == 1);
                        chart.draw_series(lines.into_iter().map(|line| PathElement::new(line.clone(), stroke)))?;
                        chart.draw_series(dots.into_iter().map(|dot| Circle::new(dot[0], DOT, fill)))?;
                    }
                    Shape::Marks(mark, points) => mark.draw(&mut chart, points, hue.color())?,
                }
            }
            root.present()?;
        }
        Ok(Html::of_svg(svg))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(shape: Shape) -> String {
        let drawn = vec![Drawn { name: "<a>".to_owned(), hue: Hue::Blue, shape }];
        let (x, y) = (Axis::elapsed(10), Axis::linear(10.0, |value| value.to_string()));
        Chart { title: "Some \"figures\"", note: "", x, y, drawn }.html().unwrap().as_str().to_owned()
    }

    #[test]
    fn a_stretch_is_a_line_and_a_lone_point_a_dot() {
        let chart = drawn(Shape::Lines(vec![vec![(1.0, 2.0), (2.0, 3.0)], vec![(5.0, 5.0)]]));
        assert_eq!(["stroke=\"#0B6BC2\"", "<circle"].map(|drawn| chart.matches(drawn).count()), [1, 1]);
        assert!(drawn(Shape::Area(vec![(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)])).contains("<polygon"));
    }

    #[test]
    fn marks_differ_in_shape_on_the_chart_and_in_the_legend() {
        let style = include_str!("page.css");
        for (mark, element, count) in [
            (Mark::Circle, "<circle", 2),
            (Mark::Cross, "stroke=\"#0B6BC2\"", 4),
            (Mark::Triangle, "<polygon", 2),
            (Mark::Diamond, "<polygon", 2),
        ] {
            let chart = drawn(Shape::Marks(mark, vec![(1.0, 2.0), (2.0, 3.0)]));
            assert_eq!(chart.matches(element).count(), count, "{mark:?}");
            assert!(chart.contains(&format!("<i class=\"blue {}\"></i>", mark.class())));
            assert!(style.contains(&format!(".legend .{} {{", mark.class())), "{mark:?}");
        }
    }

    #[test]
    fn words_are_escaped() {
        let chart = drawn(Shape::Lines(Vec::new()));
        assert!(chart.contains("&lt;a&gt;") && chart.contains("Some &quot;figures&quot;") && !chart.contains("<a>"));
    }

    #[test]
    fn the_style_knows_every_colour() {
        let style = include_str!("page.css");
        for hue in Hue::ALL {
            let (RGBColor(r, g, b), class) = (hue.color(), hue.class());
            let color = format!("#{r:02X}{g:02X}{b:02X}");
            for kind in ["stroke", "fill"] {
                assert!(style.contains(&format!("svg [{kind}=\"{color}\"] {{ {kind}: var(--{class}); }}")), "{hue:?}");
            }
            assert!(style.contains(&format!("--{class}: {};", color.to_lowercase())), "{hue:?}");
        }
        for RGBColor(r, g, b) in [INK, GRID] {
            assert!(style.contains(&format!("[stroke=\"#{r:02X}{g:02X}{b:02X}\"]")));
        }
    }
}
