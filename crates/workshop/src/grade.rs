//! Grades answers: points and reasons for each route.

use crate::answers::{Answer, Answers};
use crate::mystery::{Mystery, Route};
use report::Refusal;
use serde::Serialize;

/// Lines above or below an expected one that are the same statement.
const NEAR: usize = 2;

/// Points for saying rightly whether a route leaks.
const LEAKS: u32 = 2;

/// What answers are worth.
#[derive(Debug, Serialize)]
pub struct Grade {
    /// Points.
    pub points: u32,
    /// Points that there are.
    pub of: u32,
    /// Each route.
    pub routes: Vec<RouteGrade>,
}

/// What the answer to a route is worth.
#[derive(Debug, Serialize)]
pub struct RouteGrade {
    /// Name of the route.
    pub route: &'static str,
    /// Points.
    pub points: u32,
    /// Points that there are: two, and one for each detail of a leak.
    pub of: u32,
    /// Why, and what is right.
    pub reasons: Vec<String>,
    /// The lesson or control that it is.
    pub lesson: &'static str,
}

impl Mystery {
    /// Grades answers.
    ///
    /// # Errors
    /// They name a route that the service doesn't have.
    pub fn grade(&self, answers: &Answers) -> Result<Grade, Refusal> {
        let names: Vec<_> = self.names().collect();
        if let Some(other) = answers.keys().find(|name| !names.contains(&&***name)) {
            return Err(Refusal(format!(
                "there is no route {other} in seed {} at level {}; its routes are {}",
                self.seed,
                self.level.as_str(),
                names.join(", ")
            )));
        }
        let grade = |route: &Route| {
            route.grade(&answers.get(route.job.name()).cloned().unwrap_or_default())
        };
        let routes: Vec<_> = self.routes.iter().map(grade).collect();
        let sum = |of: fn(&RouteGrade) -> u32| routes.iter().map(of).sum();
        Ok(Grade { points: sum(|r| r.points), of: sum(|r| r.of), routes })
    }
}

impl Route {
    fn grade(&self, answer: &Answer) -> RouteGrade {
        let words = answer.grows_with.to_lowercase();
        let knows =
            self.job.blind.grows_with.iter().any(|word| words.contains(word));
        let mut lines = answer.line.split_whitespace();
        let found = lines.any(|line| self.has(line));
        let (is_right, begins) = match answer.leaks {
            None => (false, "Not answered. "),
            Some(leaks) if leaks == self.leaks => (true, "Right. "),
            Some(true) => (false, "You say it leaks. "),
            Some(false) => (false, "You say it doesn't leak. "),
        };
        let mut reasons = vec![begins.to_owned() + &self.truth()];
        let details = self.leaks && is_right;
        if details && !knows {
            reasons.push(format!("You say it grows with: {:?}.", answer.grows_with));
        }
        if self.leaks && !(details && found) {
            reasons.push(format!(
                "{}, and you say {:?}.",
                self.place(),
                answer.line
            ));
        }
        let got = if details { u32::from(knows) + u32::from(found) } else { 0 };
        RouteGrade {
            route: self.job.name(),
            points: if is_right { LEAKS + got } else { 0 },
            of: if self.leaks { LEAKS + 2 } else { LEAKS },
            reasons,
            lesson: self.job.lesson.id,
        }
    }

    /// What is right, in a sentence.
    pub(crate) fn truth(&self) -> String {
        match (self.leaks, self.job.is_control()) {
            (true, _) => format!("It grows with {}.", self.job.lesson.grows_with),
            (false, false) => "It is repaired.".to_owned(),
            (false, true) => "It never leaked.".to_owned(),
        }
    }

    /// Where it leaks, in a clause.
    pub(crate) fn place(&self) -> String {
        let lines = self.lines().iter().map(usize::to_string).collect::<Vec<_>>();
        format!("It is in {}, line {}", self.file, lines.join(" or "))
    }

    /// Whether a line such as `src/job_01.rs:17`, or 17 alone, is close to a right answer.
    fn has(&self, line: &str) -> bool {
        let (path, number) = line.rsplit_once(':').unwrap_or((&self.file, line));
        let Ok(number) = number.parse::<usize>() else { return false };
        let is_near = |right: &usize| right.abs_diff(number) <= NEAR;
        path.rsplit('/').next() == Some(&self.file)
            && self.lines().iter().any(is_near)
    }
}

impl Grade {
    /// For a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for RouteGrade { route, points, of, reasons, lesson } in &self.routes {
            text += &format!("{route:<12}{points} of {of}  {lesson}\n");
            text.extend(reasons.iter().map(|reason| format!("  {reason}\n")));
        }
        format!("{text}\n{} of {} points\n", self.points, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    #[test]
    fn right_answers_get_all_points_and_wrong_ones_the_reason() {
        for seed in 0..40 {
            let mystery = Mystery::new(seed, Level::Medium);
            let answer = |route: &Route| {
                let line = route.lines().first().map_or(0, |line| line + 1);
                let answer = Answer {
                    leaks: Some(route.leaks),
                    grows_with: route.job.lesson.grows_with.to_owned(),
                    line: format!("somewhere/{}:{line}", route.file),
                };
                (route.job.name().to_owned(), answer)
            };
            let right: Answers = mystery.routes.iter().map(answer).collect();
            let graded = |change: &dyn Fn(&mut Answer)| {
                let mut answers = right.clone();
                answers.values_mut().for_each(change);
                mystery.grade(&answers).unwrap()
            };
            let full = graded(&|_| ());
            assert_eq!(full.points, full.of, "seed {seed}: {}", full.text());
            for leaks in [None, Some(true), Some(false)] {
                let wrong = graded(&|answer| {
                    answer.leaks =
                        answer.leaks.and(leaks).filter(|l| Some(*l) != answer.leaks);
                });
                assert_eq!(wrong.points, 0, "{}", wrong.text());
            }
            let vague = graded(&|answer| {
                (answer.grows_with, answer.line) =
                    ("moon".into(), "job_99.rs:1".into());
            });
            let leaks = mystery.routes.iter().filter(|route| route.leaks).count();
            assert_eq!(vague.points + 2 * leaks as u32, full.of, "{}", vague.text());
            assert!(vague.text().contains("and you say \"job_99.rs:1\"."));
        }
        let answers = Answers::from([("nowhere".to_owned(), Answer::default())]);
        let refused = Mystery::new(42, Level::Easy).grade(&answers).unwrap_err();
        assert!(
            refused.to_string().starts_with("there is no route nowhere in seed 42")
        );
    }
}
