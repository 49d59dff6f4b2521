//! Uptime: the share of measured time that was not an outage, and everything needed to check the figure.

use crate::component::ComponentStatus;
use crate::problem::FieldCode;
use crate::status_page::Cause;
use crate::{Check, ComponentId, IncidentId, StatusCorrectionId, Timestamp, Validate};

/// How much of each kind of bad time counts as downtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    /// Thousandths of a partial outage's time; 300 means that ten minutes of it are three minutes of downtime.
    pub partial: u32,
    /// True if maintenance counts as time up; otherwise it is left out, as if those hours had not been.
    pub counts_maintenance: bool,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            partial: 300,
            counts_maintenance: false,
        }
    }
}

/// How long something was in each status, in milliseconds. Adding two adds up what they say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    pub operational: u64,
    pub unknown: u64,
    pub under_maintenance: u64,
    pub degraded_performance: u64,
    pub partial_outage: u64,
    pub major_outage: u64,
}

impl Spent {
    /// From six numbers of milliseconds, as the database keeps them: operational, unknown, under maintenance, degraded
    /// performance, partial outage, major outage.
    pub fn from_columns(columns: [i64; 6]) -> Self {
        let [
            operational,
            unknown,
            under_maintenance,
            degraded_performance,
            partial_outage,
            major_outage,
        ] = columns.map(|ms| u64::try_from(ms).unwrap_or(0));
        Self {
            operational,
            unknown,
            under_maintenance,
            degraded_performance,
            partial_outage,
            major_outage,
        }
    }

    /// The other way round.
    pub fn columns(self) -> [i64; 6] {
        let Self {
            operational,
            unknown,
            under_maintenance,
            degraded_performance,
            partial_outage,
            major_outage,
        } = self;
        [
            operational,
            unknown,
            under_maintenance,
            degraded_performance,
            partial_outage,
            major_outage,
        ]
        .map(|ms| i64::try_from(ms).unwrap_or(i64::MAX))
    }

    /// Adds time in a status.
    pub const fn add(&mut self, status: ComponentStatus, ms: u64) {
        let place = match status {
            ComponentStatus::Operational => &mut self.operational,
            ComponentStatus::Unknown => &mut self.unknown,
            ComponentStatus::UnderMaintenance => &mut self.under_maintenance,
            ComponentStatus::DegradedPerformance => &mut self.degraded_performance,
            ComponentStatus::PartialOutage => &mut self.partial_outage,
            ComponentStatus::MajorOutage => &mut self.major_outage,
        };
        *place = place.saturating_add(ms);
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            operational: self.operational + other.operational,
            unknown: self.unknown + other.unknown,
            under_maintenance: self.under_maintenance + other.under_maintenance,
            degraded_performance: self.degraded_performance + other.degraded_performance,
            partial_outage: self.partial_outage + other.partial_outage,
            major_outage: self.major_outage + other.major_outage,
        }
    }

    /// All time, in milliseconds.
    pub const fn total(&self) -> u64 {
        self.measured_with_maintenance() + self.unknown
    }

    /// The time an uptime is a share of, in milliseconds: not what nobody can say, and not maintenance unless it counts.
    pub const fn measured(&self, weights: Weights) -> u64 {
        let maintenance = if weights.counts_maintenance {
            0
        } else {
            self.under_maintenance
        };
        self.measured_with_maintenance() - maintenance
    }

    const fn measured_with_maintenance(&self) -> u64 {
        self.operational + self.under_maintenance + self.degraded_performance + self.partial_outage + self.major_outage
    }

    /// Downtime in milliseconds, rounded up: some downtime is never none.
    pub const fn down(&self, weights: Weights) -> u64 {
        let partial = (self.partial_outage as u128 * weights.partial as u128).div_ceil(1_000);
        self.major_outage + partial as u64
    }

    /// Thousandths of a percent, rounded down; none if nothing was measured. Only without any downtime is it 100,000.
    pub fn ratio(&self, weights: Weights) -> Option<Ratio> {
        let measured = self.measured(weights);
        if measured == 0 {
            return None;
        }
        let up = u128::from(measured.saturating_sub(self.down(weights)));
        u32::try_from(up * 100_000 / u128::from(measured)).ok().map(Ratio)
    }

    /// The worst status there was time for; operational if there was no time at all.
    pub fn worst(&self) -> ComponentStatus {
        let seen = |(status, ms): (ComponentStatus, u64)| (ms > 0).then_some(status);
        self.by_status()
            .into_iter()
            .filter_map(seen)
            .fold(ComponentStatus::Operational, ComponentStatus::worse)
    }

    const fn by_status(&self) -> [(ComponentStatus, u64); 6] {
        [
            (ComponentStatus::Operational, self.operational),
            (ComponentStatus::Unknown, self.unknown),
            (ComponentStatus::UnderMaintenance, self.under_maintenance),
            (ComponentStatus::DegradedPerformance, self.degraded_performance),
            (ComponentStatus::PartialOutage, self.partial_outage),
            (ComponentStatus::MajorOutage, self.major_outage),
        ]
    }

    /// True if all the time was operational.
    pub const fn is_plain(&self) -> bool {
        self.total() == self.operational
    }
}

/// An uptime in thousandths of a percent, 0 to 100,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(pub u32);

impl Ratio {
    /// Percent in full, such as "99.987". A text, so that no reader rounds it up.
    pub fn percent(self) -> String {
        self.text(3)
    }

    /// As it is written: "99.98" with two places, cut and not rounded; "100" only for no downtime at all.
    pub fn text(self, places: u8) -> String {
        let Self(thousandths) = self;
        if thousandths == 100_000 {
            return "100".into();
        }
        let (whole, part) = (thousandths / 1_000, thousandths % 1_000);
        match places {
            0 => whole.to_string(),
            1 => format!("{whole}.{}", part / 100),
            2 => format!("{whole}.{:02}", part / 10),
            _ => format!("{whole}.{part:03}"),
        }
    }
}

output! {
    /// One day on which a component was not simply up.
    pub struct DayUptime {
        /// `2026-11-24`, in the page's time zone.
        pub day: String,
        /// The worst there was.
        pub status: ComponentStatus,
        /// Percent as a decimal, such as `99.987`: cut after three places, and `100` only without any downtime. Absent if
        /// nothing was measured.
        pub percent: Option<String>,
        /// Time in each status, in seconds; zeros are left out.
        pub major_outage_s: Option<u64>,
        pub partial_outage_s: Option<u64>,
        pub degraded_performance_s: Option<u64>,
        pub under_maintenance_s: Option<u64>,
        pub unknown_s: Option<u64>,
    }

    /// The uptime of a component over the last days. Days that are not listed were up all the time.
    pub struct ComponentUptime {
        /// The component's code.
        pub component_id: String,
        /// The first day of the range, in the page's time zone.
        pub first_day: String,
        /// Days in the range, the present one among them.
        pub days: u32,
        /// The first day in it that anything is known of; absent if nothing is.
        pub known_from: Option<String>,
        /// Percent over all that was measured, as a decimal such as `99.987`: cut after three places, and `100` only without
        /// any downtime. Absent if nothing was measured.
        pub percent: Option<String>,
        /// Days of which at least a part was measured.
        pub measured_days: u32,
        /// The days on which it was not simply up, oldest first.
        pub exceptions: Vec<DayUptime>,
    }

    /// How the last days of a page's components were.
    pub struct PageUptime {
        pub weights: UptimeWeights,
        /// Decimal places that the page writes, 0 to 3.
        pub places: u8,
        /// What the figure of a group is.
        pub group_rule: GroupUptimeRule,
        /// The figure of the page, as that of a group with all components in it. Absent if nothing was measured.
        pub percent: Option<String>,
        /// In the order of the page.
        pub components: Vec<ComponentUptime>,
        /// In the order of the page; groups in which nothing was measured are left out.
        pub groups: Vec<GroupUptime>,
    }

    /// The uptime of a group over the last days.
    pub struct GroupUptime {
        /// The group's code.
        pub group_id: String,
        /// Percent as a decimal, cut after three places; `100` only if each component in it has that.
        pub percent: String,
        /// Components it is made from: those with anything measured, however deep they stand.
        pub components: u32,
    }

    /// The uptime of a component in one month.
    pub struct MonthUptime {
        /// `2026-11`, in the page's time zone.
        pub month: String,
        /// Percent as a decimal, cut after three places. Absent if nothing was measured.
        pub percent: Option<String>,
        /// Milliseconds the share is of.
        pub measured_ms: u64,
        /// Milliseconds that count as down.
        pub down_ms: u64,
        /// All its days are over and added up for good.
        pub is_closed: bool,
        /// Something about it was put right after it was closed.
        pub is_corrected: bool,
    }

    /// The months of a component's uptime.
    pub struct UptimeMonths {
        /// The component's code.
        pub component_id: String,
        pub weights: UptimeWeights,
        /// Newest first.
        pub months: Vec<MonthUptime>,
    }

    /// What was found out later about how a component was. It stays on record, and whoever reads the figure can read it too.
    pub struct StatusCorrection {
        pub id: StatusCorrectionId,
        pub component_id: ComponentId,
        pub from: Timestamp,
        pub to: Timestamp,
        /// How it was.
        pub status: ComponentStatus,
        /// True if it was no better than this; false if it was exactly this.
        pub is_at_least: bool,
        pub reason: String,
        /// The incident that was told late.
        pub incident_id: Option<IncidentId>,
        /// Who put it right.
        pub author: Option<String>,
        pub created_at: Timestamp,
    }

    /// The uptime of a component in a range of time.
    pub struct UptimeReport {
        /// The component's code.
        pub component_id: String,
        pub name: String,
        pub from: Timestamp,
        pub to: Timestamp,
        /// Percent as a decimal, such as `99.987`: cut after three places, and `100` only without any downtime. Absent if
        /// nothing was measured.
        pub percent: Option<String>,
        /// Milliseconds the share is of.
        pub measured_ms: u64,
        /// Milliseconds that count as down.
        pub down_ms: u64,
        pub weights: UptimeWeights,
        /// Milliseconds in each status.
        pub operational_ms: u64,
        pub degraded_performance_ms: u64,
        pub partial_outage_ms: u64,
        pub major_outage_ms: u64,
        pub under_maintenance_ms: u64,
        pub unknown_ms: u64,
    }

    /// What counts, and how much.
    pub struct UptimeWeights {
        pub major_outage: f64,
        pub partial_outage: f64,
        pub degraded_performance: f64,
        /// True if maintenance counts as up; otherwise it is left out of the time measured.
        pub counts_maintenance: bool,
    }

    /// A stretch of time in one status, as a figure was made from.
    pub struct UptimeInterval {
        pub from: Timestamp,
        pub to: Timestamp,
        pub status: ComponentStatus,
        /// What began it; absent where nobody can say.
        pub cause: Option<Cause>,
        /// The code of the incident or maintenance behind it, if visitors may see that.
        pub cause_id: Option<String>,
        /// How much of it counts as down, 0 to 1.
        pub weight: f64,
        /// False if it is left out of the time measured.
        pub is_measured: bool,
        /// Milliseconds it adds to the downtime, before they are added up and rounded.
        pub down_ms: f64,
    }

    /// What was put right later, as visitors see it.
    pub struct PublicCorrection {
        pub from: Timestamp,
        pub to: Timestamp,
        pub status: ComponentStatus,
        pub reason: String,
        pub created_at: Timestamp,
    }

    /// A figure and all it was made from.
    pub struct UptimeExplanation {
        pub report: UptimeReport,
        /// Oldest first, without gaps.
        pub intervals: Vec<UptimeInterval>,
        /// There are older ones than are listed.
        pub is_cut: bool,
        /// What was put right later about this time, oldest first.
        pub corrections: Vec<PublicCorrection>,
    }
}

input! {
    /// What was found out about a time that is over.
    pub struct NewStatusCorrection {
        pub from: Timestamp,
        /// After `from`, and not in the future.
        pub to: Timestamp,
        /// How the component was.
        pub status: ComponentStatus,
        /// What visitors are told, up to 500 characters.
        pub reason: String,
    }
}

/// Longest reason of a correction, in characters.
pub const REASON_MAX: usize = 500;

impl Validate for NewStatusCorrection {
    fn check(&self, check: &mut Check) {
        let text = "is not after the beginning";
        check.ensure(self.from < self.to, "to", FieldCode::OutOfRange, text);
        check.line("reason", &self.reason, REASON_MAX);
    }
}

words! {
    /// What the figure of a group is.
    pub enum GroupUptimeRule {
        /// The mean of its components.
        Mean = "mean",
        /// That of the worst of them.
        Worst = "worst",
        /// The mean, in which each counts as much as it weighs.
        Weighted = "weighted",
    }
}

impl GroupUptimeRule {
    /// The figure of a group from those of its components and what each weighs; none if there are none. Cut, not rounded.
    pub fn of(self, parts: &[(Ratio, u32)]) -> Option<Ratio> {
        let weighed = |weight: &dyn Fn(u32) -> u64| {
            let sum: u64 = parts.iter().map(|(_, own)| weight(*own)).sum();
            let all: u64 = parts.iter().map(|(ratio, own)| u64::from(ratio.0) * weight(*own)).sum();
            u32::try_from(all.checked_div(sum)?).ok().map(Ratio)
        };
        match self {
            Self::Mean => weighed(&|_| 1),
            Self::Weighted => weighed(&u64::from),
            Self::Worst => parts.iter().map(|(ratio, _)| *ratio).min(),
        }
    }
}

/// Largest weight of a component in its groups' figure.
pub const UPTIME_WEIGHT_MAX: u32 = 100;

impl From<Weights> for UptimeWeights {
    fn from(weights: Weights) -> Self {
        Self {
            major_outage: 1.0,
            partial_outage: f64::from(weights.partial) / 1_000.0,
            degraded_performance: 0.0,
            counts_maintenance: weights.counts_maintenance,
        }
    }
}

/// Days on the bar of a component.
pub const BAR_DAYS: u32 = 90;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: u64 = 86_400_000;

    #[test]
    fn one_millisecond_down_is_not_a_hundred_percent() {
        let mut spent = Spent::default();
        spent.add(ComponentStatus::Operational, 3_650 * DAY);
        assert_eq!(spent.ratio(Weights::default()).unwrap().text(2), "100");
        spent.add(ComponentStatus::PartialOutage, 1);
        assert_eq!(spent.ratio(Weights::default()).unwrap().text(2), "99.99");
        assert_eq!(spent.ratio(Weights::default()).unwrap().text(3), "99.999");
    }

    #[test]
    fn maintenance_and_what_nobody_knows_are_left_out() {
        let mut spent = Spent::default();
        spent.add(ComponentStatus::Operational, DAY / 4);
        spent.add(ComponentStatus::MajorOutage, DAY / 4);
        spent.add(ComponentStatus::UnderMaintenance, DAY / 4);
        spent.add(ComponentStatus::Unknown, DAY / 4);
        assert_eq!(spent.ratio(Weights::default()), Some(Ratio(50_000)));
        let counting = Weights {
            counts_maintenance: true,
            ..Weights::default()
        };
        assert_eq!(spent.ratio(counting), Some(Ratio(66_666)));
        assert_eq!(
            Spent {
                unknown: DAY,
                ..Spent::default()
            }
            .ratio(counting),
            None
        );
    }

    #[test]
    fn a_group_is_never_better_than_the_best_nor_whole_with_a_flaw() {
        let parts = [(Ratio(100_000), 1), (Ratio(99_999), 1), (Ratio(50_000), 8)];
        assert_eq!(GroupUptimeRule::Mean.of(&parts), Some(Ratio(83_333)));
        assert_eq!(GroupUptimeRule::Worst.of(&parts), Some(Ratio(50_000)));
        assert_eq!(GroupUptimeRule::Weighted.of(&parts), Some(Ratio(59_999)));
        assert_eq!(GroupUptimeRule::Mean.of(&parts[..2]), Some(Ratio(99_999)));
        assert_eq!(GroupUptimeRule::Mean.of(&[]), None);
    }

    proptest! {
        #[test]
        fn more_downtime_never_raises_the_figure(up in 0..DAY * 90, down in 0..DAY, partial in 0..DAY, more in 0..DAY) {
            let less_down = Spent { operational: up, major_outage: down, partial_outage: partial, ..Spent::default() };
            let more_down = Spent { major_outage: down + more, ..less_down };
            let weights = Weights::default();
            prop_assert!(more_down.ratio(weights) <= less_down.ratio(weights) || less_down.ratio(weights).is_none());
            if let Some(Ratio(100_000)) = less_down.ratio(weights) {
                prop_assert_eq!(less_down.down(weights), 0);
            }
        }
    }
}
