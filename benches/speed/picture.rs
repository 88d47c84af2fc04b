//! The ways as a picture: speed by the number of rules, both by powers of ten.

use std::fmt::Write as _;

use crate::compare::Figure;
use crate::table::short;
use crate::ways::Kind;

/// Points of the picture, and of the place where curves are drawn.
const SIZE: (f64, f64) = (760.0, 400.0);
const LEFT: f64 = 58.0;
const RIGHT: f64 = 490.0;
const TOP: f64 = 62.0;
const BOTTOM: f64 = 356.0;
/// Points between the names of two ways.
const NAME: f64 = 16.0;

const STYLE: &str = "svg{color-scheme:light dark}\
    text{font:12px system-ui,-apple-system,\"Segoe UI\",Helvetica,Arial,sans-serif;fill:#1f2328}\
    .title{font-size:14px;font-weight:600}.ours{font-weight:600}.back{fill:#fff}\
    .grid{stroke:#d1d9e0;stroke-width:1}path{fill:none;stroke-width:2}\
    path.ours{stroke-width:3}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}.back{fill:#0d1117}.grid{stroke:#30363d}}";

/// Colours that are told apart on white and on black: of ours, and of others.
const OURS: [&str; 3] = ["#2f81f7", "#1aa3a3", "#7d6df2"];
const FLOORS: [&str; 2] = ["#8c959f", "#6e7781"];
const OTHERS: [&str; 6] = ["#d1622b", "#b8860b", "#c2408f", "#2da44e", "#a0704a", "#cf222e"];

/// The picture of `columns`, one for each number of `rules`.
pub(crate) fn of(rules: &[usize], columns: &[Vec<Figure>]) -> String {
    let (width, height) = SIZE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 \
         {width} {height}\" role=\"img\" aria-label=\"Speed by the number of rules\">\n\
         <style>{STYLE}</style>\n<rect class=\"back\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n\
         <text class=\"title\" x=\"16\" y=\"24\">GB of log per CPU-second, by the number of rules</text>\n\
         <text x=\"16\" y=\"42\">reading included; one line in 10,000 matches</text>\n"
    );
    let scale = Scale::of(columns);
    scale.draw(&mut svg);
    for (i, n) in rules.iter().enumerate() {
        let label = if *n == 1 { "1 rule".to_owned() } else { n.to_string() };
        let (x, y) = (x(i, rules.len()), BOTTOM + 22.0);
        put(
            &mut svg,
            &format!("<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{label}</text>"),
        );
    }
    let mut names = Vec::new();
    let (mut ours, mut floors, mut others) = (OURS.iter(), FLOORS.iter(), OTHERS.iter());
    for i in 0..columns[0].len() {
        let colors = match columns[0][i].kind {
            Kind::Ours => &mut ours,
            Kind::Floor => &mut floors,
            Kind::Other => &mut others,
        };
        let Some(color) = colors.next() else { continue };
        let own: Vec<&Figure> = columns.iter().map(|column| &column[i]).collect();
        curve(&mut svg, &scale, &own, color);
        names.push(Name::of(&scale, &own, color));
    }
    write_names(&mut svg, names);
    svg + "</svg>\n"
}

/// Speeds by powers of ten, from the bottom up.
struct Scale {
    bottom: i32,
    top: i32,
}

impl Scale {
    /// One that holds all speeds.
    fn of(columns: &[Vec<Figure>]) -> Self {
        let powers = columns.iter().flatten().map(|figure| figure.speed.log10());
        let (least, most) = powers
            .fold((0.0, 0.0), |(least, most): (f64, f64), one| (least.min(one), most.max(one)));
        #[expect(clippy::cast_possible_truncation, reason = "a power of ten")]
        let scale = Self { bottom: least.floor() as i32, top: most.ceil().max(1.0) as i32 };
        scale
    }

    /// Where a speed is.
    fn y(&self, speed: f64) -> f64 {
        let (bottom, top) = (f64::from(self.bottom), f64::from(self.top));
        TOP + (BOTTOM - TOP) * (top - speed.log10().clamp(bottom, top)) / (top - bottom)
    }

    fn draw(&self, svg: &mut String) {
        for power in self.bottom..=self.top {
            let speed = 10_f64.powi(power);
            let (x, y) = (LEFT - 8.0, self.y(speed));
            put(svg, &format!("<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>"));
            let y = y + 4.0;
            put(
                svg,
                &format!(
                    "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>",
                    round(speed)
                ),
            );
        }
    }
}

/// A power of ten as it is written.
fn round(speed: f64) -> String {
    let digits = if speed < 1.0 { -speed.log10().round() } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few digits")]
    let digits = digits as usize;
    format!("{speed:.digits$}")
}

/// A way's name at the end of its curve.
struct Name {
    text: String,
    color: &'static str,
    class: &'static str,
    /// Where the curve ends.
    end: f64,
}

impl Name {
    fn of(scale: &Scale, curve: &[&Figure], color: &'static str) -> Self {
        let last = curve[curve.len() - 1];
        let text = format!("{} {}", short(last.speed), last.name);
        Self { text, color, class: class(last), end: scale.y(last.speed) }
    }
}

fn class(figure: &Figure) -> &'static str {
    if figure.kind == Kind::Ours { "ours" } else { "other" }
}

fn curve(svg: &mut String, scale: &Scale, curve: &[&Figure], color: &str) {
    let points: Vec<(f64, f64)> = curve
        .iter()
        .enumerate()
        .map(|(i, figure)| (x(i, curve.len()), scale.y(figure.speed)))
        .collect();
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    let dash = if curve[0].kind == Kind::Floor { " stroke-dasharray=\"4 4\"" } else { "" };
    let class = class(curve[0]);
    put(
        svg,
        &format!("<path class=\"{class}\" stroke=\"{color}\"{dash} d=\"M{}\"/>", path.join("L")),
    );
    for (x, y) in points {
        put(svg, &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{color}\"/>"));
    }
}

/// Writes the names from the top down, none over another.
fn write_names(svg: &mut String, mut names: Vec<Name>) {
    names.sort_by(|one, other| one.end.total_cmp(&other.end));
    // Down from the first, then up from the bottom.
    let mut places: Vec<f64> = Vec::new();
    for name in &names {
        let least = places.last().map_or(TOP, |above| above + NAME);
        places.push(name.end.max(least));
    }
    let mut most = BOTTOM;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - NAME;
    }
    for (Name { text, color, class, end }, place) in names.iter().zip(places) {
        let (from, to) = (RIGHT + 5.0, RIGHT + 20.0);
        put(
            svg,
            &format!(
                "<path stroke=\"{color}\" style=\"stroke-width:1\" d=\"M{from} {end:.1}L{to} {place:.1}\"/>"
            ),
        );
        put(
            svg,
            &format!(
                "<text class=\"{class}\" x=\"{}\" y=\"{:.1}\">{text}</text>",
                to + 4.0,
                place + 4.0
            ),
        );
    }
}

fn x(i: usize, n: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let (i, n) = (i as f64, n.max(2) as f64);
    let inset = 20.0;
    LEFT + inset + (RIGHT - LEFT - 2.0 * inset) * i / (n - 1.0)
}

fn put(svg: &mut String, element: &str) {
    writeln!(svg, "{element}").expect("a string takes all");
}
