//! Marks on a chart, told apart by their shape as well as by their colour.

use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::*;

use super::axis::Axis;

/// How far a mark reaches from its point.
const REACH: i32 = 13;

/// The lines of a cross.
const STROKE: u32 = 7;

/// The shape of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Mark {
    Circle,
    Cross,
    Triangle,
    Diamond,
}

impl Mark {
    /// The class of its shape in a legend.
    pub(super) fn class(self) -> &'static str {
        match self {
            Mark::Circle => "circle",
            Mark::Cross => "cross",
            Mark::Triangle => "triangle",
            Mark::Diamond => "diamond",
        }
    }

    /// Draws the mark at each of these points.
    pub(super) fn draw<DB: DrawingBackend>(
        self,
        chart: &mut ChartContext<'_, DB, Cartesian2d<Axis, Axis>>,
        points: &[(f64, f64)],
        color: RGBColor,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        let (fill, stroke, points) = (color.filled(), color.stroke_width(STROKE), points.iter().copied());
        match self {
            Mark::Circle => chart.draw_series(points.map(|point| Circle::new(point, REACH, fill)))?,
            Mark::Cross => chart.draw_series(points.map(|point| Cross::new(point, REACH - 2, stroke)))?,
            Mark::Triangle => chart.draw_series(points.map(|point| TriangleMarker::new(point, REACH + 3, fill)))?,
            Mark::Diamond => {
                let reach = REACH + 3;
                let corners = || vec![(0, -reach), (reach, 0), (0, reach), (-reach, 0)];
                chart.draw_series(points.map(|point| EmptyElement::at(point) + Polygon::new(corners(), fill)))?
            }
        };
        Ok(())
    }
}
