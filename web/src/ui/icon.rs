//! Small drawings, 16 by 16, in the colour of the text around them.
//!
//! They are decoration: the word beside them says the same, so screen readers pass over them.

use leptos::prelude::*;
use shared::component::ComponentStatus;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A disc with a tick.
    Operational,
    /// A ring with a question mark.
    Unknown,
    /// A rounded square with two bars: paused.
    Maintenance,
    /// A triangle with a mark.
    Degraded,
    /// A diamond with a mark.
    PartialOutage,
    /// An octagon with a cross.
    MajorOutage,
    /// An envelope.
    Mail,
    /// An arrow pointing where reading goes.
    Forward,
    /// An arrow pointing where reading comes from.
    Back,
    /// An arrow out of a box: leads to another site.
    External,
    Plus,
    Cross,
    Tick,
    Up,
    Down,
    Menu,
    Search,
    Dots,
    Grip,
    /// A clock: waiting.
    Clock,
    /// Four fields.
    Overview,
    /// A flame.
    Incident,
    /// A flag on a pole. Only the console has it, and only the console carries it.
    #[cfg(feature = "admin")]
    Announcement,
    /// Boxes on a shelf.
    Components,
    /// A sheet on its way.
    Deliveries,
    /// A curve in its corner.
    Chart,
    /// Two people.
    Team,
    /// A list with ticks.
    Audit,
    /// Three sliders.
    Settings,
    /// A keyboard.
    Keyboard,
    /// A door and an arrow.
    SignOut,
}

impl From<ComponentStatus> for Icon {
    fn from(status: ComponentStatus) -> Self {
        match status {
            ComponentStatus::Operational => Self::Operational,
            ComponentStatus::Unknown => Self::Unknown,
            ComponentStatus::UnderMaintenance => Self::Maintenance,
            ComponentStatus::DegradedPerformance => Self::Degraded,
            ComponentStatus::PartialOutage => Self::PartialOutage,
            ComponentStatus::MajorOutage => Self::MajorOutage,
        }
    }
}

/// A drawing is a filled shape, a line cut out of it, or both; each is the `d` of an SVG path.
struct Drawing {
    shape: &'static str,
    line: &'static str,
}

impl Icon {
    const fn drawing(self) -> Drawing {
        let (shape, line) = match self {
            Self::Operational => ("M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Z", "M4.9 8.3 7 10.4l4.1-4.6"),
            Self::Unknown => (
                "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Z",
                "M6.1 6.4A1.95 1.95 0 1 1 8.7 8.2C8.2 8.4 8 8.7 8 9.3M8 11.4v.2",
            ),
            Self::Maintenance => (
                "M4 1h8a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3H4a3 3 0 0 1-3-3V4a3 3 0 0 1 3-3Z",
                "M6.2 5.2v5.6M9.8 5.2v5.6",
            ),
            Self::Degraded => (
                "M6.9 1.9a1.3 1.3 0 0 1 2.2 0l6.2 11a1.3 1.3 0 0 1-1.1 2H1.8a1.3 1.3 0 0 1-1.1-2Z",
                "M8 6v3.6M8 12v.1",
            ),
            Self::PartialOutage => (
                "M7 .9a1.4 1.4 0 0 1 2 0L15.1 7a1.4 1.4 0 0 1 0 2L9 15.1a1.4 1.4 0 0 1-2 0L.9 9a1.4 1.4 0 0 1 0-2Z",
                "M8 4.6v4M8 11.2v.1",
            ),
            Self::MajorOutage => ("M5 1h6l4 4v6l-4 4H5l-4-4V5Z", "M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6"),
            Self::Mail => ("", "M1.8 3.5h12.4v9H1.8ZM1.8 4.2 8 8.8l6.2-4.6"),
            Self::Forward => ("", "M6 3.5 10.5 8 6 12.5"),
            Self::Back => ("", "M10 3.5 5.5 8l4.5 4.5"),
            Self::External => ("", "M6.5 3H3v10h10V9.5M9 2.5h4.5V7M13.2 2.8 7.5 8.5"),
            Self::Plus => ("", "M8 3v10M3 8h10"),
            Self::Cross => ("", "M4 4l8 8M12 4l-8 8"),
            Self::Tick => ("", "M3.2 8.4 6.4 11.6 12.8 4.4"),
            Self::Up => ("", "M3.5 10 8 5.5l4.5 4.5"),
            Self::Down => ("", "M3.5 6 8 10.5 12.5 6"),
            Self::Menu => ("", "M2.5 4h11M2.5 8h11M2.5 12h11"),
            Self::Search => ("", "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.3 10.3l3.2 3.2"),
            Self::Dots => ("", "M3 8h.1M8 8h.1M13 8h.1"),
            Self::Grip => ("", "M6 4h.1M10 4h.1M6 8h.1M10 8h.1M6 12h.1M10 12h.1"),
            Self::Clock => ("", "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8ZM8 4.6V8l2.4 1.6"),
            Self::Overview => ("", "M2 2h5v6H2ZM9 2h5v3.5H9ZM9 7.5h5V14H9ZM2 10h5v4H2Z"),
            Self::Incident => ("", "M8 2 14.5 13.5h-13ZM8 6.5v3M8 11.4v.1"),
            #[cfg(feature = "admin")]
            Self::Announcement => ("", "M3.5 14.5v-13M3.5 2.5h9L10.2 6l2.3 3.5h-9"),
            Self::Components => ("", "M2 2.5h12v3H2ZM2 10.5h12v3H2ZM4.5 5.5v5M11.5 5.5v5"),
            Self::Deliveries => ("", "M14 2 1.8 6.6l4.6 2.2L14 2 9.2 14.2 6.4 8.8"),
            Self::Team => (
                "",
                "M6 2.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM1.5 13.5a4.5 4.5 0 0 1 9 0M10.6 2.8a2.5 2.5 0 0 1 0 4.4M12.2 9.6a4.5 4.5 0 0 1 2.3 3.9",
            ),
            Self::Audit => (
                "",
                "M6.5 4H14M6.5 8H14M6.5 12H14M1.8 4l.9.9 1.6-1.8M1.8 8l.9.9 1.6-1.8M1.8 12l.9.9 1.6-1.8",
            ),
            Self::Settings => ("", "M2 4.5h6M12 4.5h2M10 2.7v3.6M2 11.5h2M8 11.5h6M6 9.7v3.6"),
            Self::Chart => ("", "M2.5 2.5v11h11M4.5 10.5l3-4 2.5 2.5 3.5-5"),
            Self::Keyboard => (
                "",
                "M1.5 4h13v8h-13ZM4.2 6.8h.1M6.8 6.8h.1M9.3 6.8h.1M11.8 6.8h.1M5 9.5h6",
            ),
            Self::SignOut => ("", "M6.5 2.5H3v11h3.5M10 5l3 3-3 3M13 8H6"),
        };
        Drawing { shape, line }
    }
}

/// A drawing in the text.
#[component]
pub fn Glyph(#[prop(into)] icon: Icon) -> impl IntoView {
    let Drawing { shape, line } = icon.drawing();
    let is_cut = !shape.is_empty();
    // What points along the text points the other way where the text runs the other way.
    let class = if matches!(icon, Icon::Forward | Icon::Back) {
        "icon icon-mirrored"
    } else {
        "icon"
    };
    view! {
        <svg class=class viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path class="icon-shape" d=shape/>
            <path class=if is_cut { "icon-cut" } else { "icon-line" } d=line/>
        </svg>
    }
}
