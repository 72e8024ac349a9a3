//! Linear programs: the least and the largest value of an unknown, fractions allowed.
//!
//! In: a small system. Out: the end, rounded inwards by the caller, and the vertex that reaches
//! it. A solver that fails or says "infeasible" gives no answer at all: nothing is concluded.

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolutionStatus, SolveOptions, Variable};

use super::system::{Range, System, UNBOUNDED};

/// Which end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Least,
    Largest,
}

/// Slack granted to the solver when an end is rounded inwards.
const TOLERANCE: f64 = 1e-5;

/// Numbers above this are left to other means: a double's last digits are not to be trusted there.
const LARGEST: f64 = 1e9;

/// An optimal vertex: the end it reaches, rounded inwards, and its values rounded.
#[derive(Debug, Clone)]
pub struct Vertex {
    /// Whole number that the unknown cannot be beyond.
    pub end: i64,
    /// Values rounded to whole numbers; a solution only if [`System::admits`] says so.
    pub rounded: Vec<i64>,
}

/// The end of `cell` over the whole polytope, or none where the solver does not tell.
pub fn extreme(system: &System, ranges: &[Range], cell: usize, end: End) -> Option<Vertex> {
    let direction = match end {
        End::Least => OptimizationDirection::Minimize,
        End::Largest => OptimizationDirection::Maximize,
    };
    let objective = |at: usize| if at == cell { 1.0 } else { 0.0 };
    let solution = solve(system, ranges, direction, objective)?;
    let (value, rounded) = solution;
    let value = value[cell];
    let end = match end {
        End::Least => (value - TOLERANCE).ceil(),
        End::Largest => (value + TOLERANCE).floor(),
    };
    (end.abs() < LARGEST).then_some(Vertex { end: end as i64, rounded })
}

/// Some vertex, its values rounded.
pub fn vertex(system: &System, ranges: &[Range]) -> Option<Vec<i64>> {
    // A spread of weights, so that the vertex is not a corner where all is least.
    let weight = |at: usize| ((at * 7919) % 13) as f64 - 6.0;
    solve(system, ranges, OptimizationDirection::Minimize, weight).map(|solution| solution.1)
}

fn solve(
    system: &System,
    ranges: &[Range],
    direction: OptimizationDirection,
    objective: impl Fn(usize) -> f64,
) -> Option<(Vec<f64>, Vec<i64>)> {
    let mut problem = Problem::new(direction);
    let bounds = |range: Range| (range.lo as f64, if range.hi < UNBOUNDED { range.hi as f64 } else { f64::INFINITY });
    let variables: Vec<Variable> =
        ranges.iter().enumerate().map(|(at, &range)| problem.add_var(objective(at), bounds(range))).collect();
    add_rows(&mut problem, system, &variables);
    let solution = problem.solve_with(SolveOptions::default()).ok()?.into_solution().ok()?;
    if solution.status() != SolutionStatus::Optimal {
        return None;
    }
    let values: Vec<f64> = variables.iter().map(|&variable| solution.var_value(variable)).collect();
    let rounded = values.iter().map(|value| value.round() as i64).collect();
    Some((values, rounded))
}

fn add_rows(problem: &mut Problem, system: &System, variables: &[Variable]) {
    for row in (0..system.rows()).map(|row| system.get(row)) {
        let terms: Vec<(Variable, f64)> =
            row.terms().map(|(cell, coefficient)| (variables[cell], coefficient as f64)).collect();
        if row.is_equation() {
            problem.add_constraint(terms, ComparisonOp::Eq, row.low as f64);
            continue;
        }
        if row.high < UNBOUNDED {
            problem.add_constraint(terms.clone(), ComparisonOp::Le, row.high as f64);
        }
        if row.low > -UNBOUNDED {
            problem.add_constraint(terms, ComparisonOp::Ge, row.low as f64);
        }
    }
}
