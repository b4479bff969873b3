//! The lines of a chart, with a mark and a name, on whichever scales it has; the axes
//! below them.

use super::frame::{Area, DrawError, Series, Spot, Unit, count, text_style};
use super::palette::Role;
use plotters::backend::SVGBackend;
use plotters::chart::{ChartContext, MeshStyle};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::element::Circle;
use plotters::series::LineSeries;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, ShapeStyle};

/// Where lines are drawn.
pub(super) type Plane<'a, X, Y> =
    ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>;

/// Axes as quiet as they can be; the caller adds titles and labels, and draws them.
pub(super) fn axes<'a, 'b, X, Y>(
    plane: &'b mut Plane<'a, X, Y>,
) -> MeshStyle<'a, 'b, X, Y, SVGBackend<'a>>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut mesh = plane.configure_mesh();
    mesh.disable_x_mesh()
        .y_labels(6)
        .axis_style(Role::Grid.colour())
        .bold_line_style(Role::Grid.colour())
        .light_line_style(Role::Grid.colour().mix(0.0))
        .label_style(text_style())
        .axis_desc_style(text_style());
    mesh
}

/// Lines with a mark at each value; the values, for who points at them.
pub(super) fn lines<X, Y>(
    area: &Area<'_>,
    plane: &mut Plane<'_, X, Y>,
    series: &[Series],
    unit: Unit,
    x_title: &str,
) -> Result<Vec<Spot>, DrawError>
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    let mut spots = Vec::new();
    for line in series {
        let colour = line.role().colour();
        let style = ShapeStyle::from(&colour).stroke_width(2);
        plane.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
        plane.draw_series(
            line.points.iter().map(|&at| Circle::new(at, 3, colour.filled())),
        )?;
        for &(x, y) in &line.points {
            let (left, top) = plane.backend_coord(&(x, y));
            let (value, at) = (unit.short(y), count(x));
            let text = format!("{}: {value} at {at} {x_title}", line.name);
            if Some(&(x, y)) == line.points.last() {
                name(area, line, (left, top))?;
            }
            spots.push(Spot { x: left, y: top, text });
        }
    }
    Ok(spots)
}

/// Writes the name of a line at its end, so that nobody has to tell colours apart:
/// above the line of what grows, below that of what does not.
fn name(
    area: &Area<'_>,
    line: &Series,
    (x, y): (i32, i32),
) -> Result<(), DrawError> {
    let grows = line.role() == Role::Leaky;
    let (side, away) = if grows { (VPos::Bottom, -4) } else { (VPos::Top, 7) };
    let style = ("sans-serif", 13).into_font().color(&line.role().colour());
    let style = style.pos(Pos::new(HPos::Right, side));
    Ok(area.draw_text(&line.name, &style, (x, y + away))?)
}
