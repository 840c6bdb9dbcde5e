//! Bars in pairs, as SVG: what there is to beat, and milena.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// A pair of bars.
pub struct Pair {
    pub name: String,
    pub bare: f64,
    pub milena: f64,
}

/// Writes `docs/bench/TITLE.svg`, with machine, date and command, if this was asked for by `--charts`.
pub fn draw(name: &str, title: &str, unit: &str, pairs: &[Pair]) {
    let chart = Chart {
        bench: name,
        file: &title.replace([' ', ',', ':', '/'], "-"),
        title,
        unit,
        legend: "grey: bare, blue: milena",
    };
    chart.draw(pairs);
}

/// A chart of other pairs than bare sockets and milena.
pub struct Chart<'a> {
    pub bench: &'a str,
    pub file: &'a str,
    pub title: &'a str,
    pub unit: &'a str,
    pub legend: &'a str,
}

impl Chart<'_> {
    /// Writes `docs/bench/FILE.svg`, if this was asked for. A value that is not a number has no bar.
    pub fn draw(&self, pairs: &[Pair]) {
        if std::env::args().any(|argument| argument == "--charts") {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/bench");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("{}.svg", self.file)), svg(self, pairs)).unwrap();
        }
    }
}

fn svg(chart: &Chart<'_>, pairs: &[Pair]) -> String {
    let Chart {
        bench,
        title,
        unit,
        legend,
        ..
    } = chart;
    const ROW: f64 = 46.0;
    const LEFT: f64 = 210.0;
    const WIDTH: f64 = 420.0;
    let most = pairs
        .iter()
        .map(|pair| pair.bare.max(pair.milena))
        .fold(f64::MIN_POSITIVE, f64::max);
    let height = 60.0 + ROW * pairs.len() as f64 + 40.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"15\">{title} ({unit})</text>\n\
         <text x=\"16\" y=\"42\" fill=\"#777\">{legend}</text>\n"
    );
    for (row, pair) in pairs.iter().enumerate() {
        let top = 56.0 + ROW * row as f64;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            top + 24.0,
            pair.name
        );
        for (value, offset, colour) in [(pair.bare, 4.0, "#b0b0b0"), (pair.milena, 21.0, "#3b6ea8")]
        {
            if value.is_nan() {
                continue;
            }
            let _ = writeln!(
                svg,
                "<rect x=\"{LEFT}\" y=\"{}\" width=\"{:.1}\" height=\"15\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{}\">{}</text>",
                top + offset,
                WIDTH * value / most,
                LEFT + WIDTH * value / most + 6.0,
                top + offset + 12.0,
                readable(value),
            );
        }
    }
    let _ = writeln!(
        svg,
        "<text x=\"16\" y=\"{}\" fill=\"#777\">{}</text>\n</svg>",
        height - 14.0,
        circumstances(bench)
    );
    svg
}

fn readable(value: f64) -> String {
    match value {
        value if value >= 1000.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// Machine, date and command.
fn circumstances(bench: &str) -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let date = Command::new("date").arg("+%F").output();
    let date = date.map_or(String::new(), |date| {
        String::from_utf8_lossy(&date.stdout).trim().to_owned()
    });
    format!("{model}, {cores} cores, {date}: cargo bench --bench {bench} -- --charts")
}
