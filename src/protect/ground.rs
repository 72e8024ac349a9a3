//! The leaves of a small table by itself, for linear programs.
//!
//! In: a system of one table. Out: a [`Ground`]: in parts (the whole, and every region) the leaves that are not
//! empty, and the cells that hold them. Looks at no count but whether it is nought.

use rustc_hash::FxHashMap;

use super::grid::{CellId, NONE};
use super::moves::Layer;
use super::system::{Cell, System};

/// Leaves of a table at most.
const LEAVES: usize = 100_000;

/// Codes by dimension of the universe, and every cell that holds them.
type Leaf = (Vec<u16>, Vec<CellId>);

/// A region, or the whole.
#[derive(Default)]
pub(super) struct Part {
    /// Codes by dimension of the universe.
    pub leaves: Vec<Vec<u16>>,
    /// By leaf: its place.
    pub places: Vec<u16>,
    /// Ascending.
    pub cells: Vec<CellId>,
    /// By leaf: positions in `cells`, ascending.
    pub cells_of: Vec<Vec<u32>>,
    /// By leaf: the cell that holds nothing else, if there is one.
    pub alone: Vec<Option<u32>>,
    /// By position in `cells`: the leaves that it holds, ascending.
    pub leaves_of: Vec<Vec<u32>>,
}

/// The leaves of a system of one table.
pub(super) struct Ground {
    whole: Part,
    regions: FxHashMap<u16, Part>,
    /// By cell: the region that all of it lies in, or [`NONE`].
    region_of: FxHashMap<CellId, u16>,
    /// Whether patients are counted: if not, moves of both layers are moves of contacts.
    pub has_patients: bool,
}

impl Ground {
    /// None where tables share quantities, or there are too many leaves.
    pub fn new(system: &System<'_>) -> Option<Ground> {
        let [grid] = &system.grids[..] else { return None };
        let firsts = |dim: usize| grid.classes[dim].leaves.iter().map(|leaves| leaves[0]);
        let dims = 0..system.universe.dims.len();
        if !system.is_small() || dims.clone().map(|dim| firsts(dim).len()).product::<usize>() > LEAVES {
            return None;
        }
        let mut all: Vec<Vec<u16>> = vec![Vec::new()];
        for dim in dims {
            let with = |codes: &Vec<u16>| {
                let one = |first: u16| codes.iter().copied().chain([first]).collect();
                firsts(dim).map(one).collect::<Vec<Vec<u16>>>()
            };
            all = all.iter().flat_map(with).collect();
        }
        let places = &grid.lanes[0];
        let region = |codes: &[u16]| {
            let class = grid.classes[places.dim].of[codes[places.dim] as usize];
            let mut positions = places.by_class[class as usize].iter();
            positions
                .find(|&&at| places.classes_at[at as usize].len() == 1)
                .map_or(NONE, |&at| places.region[at as usize])
        };
        let mut by_region: FxHashMap<u16, Vec<Leaf>> = FxHashMap::default();
        let mut found = Vec::new();
        for codes in all {
            let cells = system.cells_of(&codes, Layer::Joint, &[]);
            if !cells.is_empty() && cells.iter().all(|&cell| system.cells[cell as usize].contacts > 0) {
                by_region.entry(region(&codes)).or_default().push((codes.clone(), cells.clone()));
                found.push((codes, cells));
            }
        }
        let mut region_of: FxHashMap<CellId, u16> = FxHashMap::default();
        for (codes, cells) in &found {
            let region = region(codes);
            for &cell in cells {
                region_of
                    .entry(cell)
                    .and_modify(|own| *own = if *own == region { region } else { NONE })
                    .or_insert(region);
            }
        }
        let part = |leaves: Vec<Leaf>| Part::new(leaves, places.dim);
        let regions = by_region.into_iter().map(|(region, leaves)| (region, part(leaves))).collect();
        let has_patients = system.cells.iter().any(Cell::has_patients);
        Some(Ground { whole: part(found), regions, region_of, has_patients })
    }

    /// The region that all of a cell lies in, if it does.
    pub fn region(&self, cell: CellId) -> Option<u16> {
        self.region_of.get(&cell).copied().filter(|&region| region != NONE)
    }

    /// The smallest part that all of a cell lies in.
    pub fn part(&self, cell: CellId) -> Option<&Part> {
        match self.region_of.get(&cell)? {
            &NONE => Some(&self.whole),
            region => self.regions.get(region),
        }
    }
}

impl Part {
    fn new(leaves: Vec<Leaf>, place: usize) -> Part {
        let mut cells: Vec<CellId> = leaves.iter().flat_map(|(_, cells)| cells).copied().collect();
        cells.sort_unstable();
        let single = |cell: &CellId| {
            cells.partition_point(|other| other <= cell) - cells.partition_point(|other| other < cell) == 1
        };
        let alone: Vec<Option<CellId>> = leaves.iter().map(|(_, of)| of.iter().copied().find(single)).collect();
        cells.dedup();
        let at = |cell: &CellId| cells.binary_search(cell).map_or(0, |at| at as u32);
        let cells_of: Vec<Vec<u32>> = leaves.iter().map(|(_, of)| of.iter().map(at).collect()).collect();
        let mut leaves_of = vec![Vec::new(); cells.len()];
        for (leaf, of) in cells_of.iter().enumerate() {
            of.iter().for_each(|&cell| leaves_of[cell as usize].push(leaf as u32));
        }
        Part {
            places: leaves.iter().map(|(codes, _)| codes[place]).collect(),
            cells_of,
            leaves_of,
            alone: alone.iter().map(|cell| cell.as_ref().map(at)).collect(),
            leaves: leaves.into_iter().map(|(codes, _)| codes).collect(),
            cells,
        }
    }

    /// Whether a cell holds a leaf.
    pub fn holds(&self, cell: CellId, leaf: u32) -> bool {
        self.cells.binary_search(&cell).is_ok_and(|at| self.cells_of[leaf as usize].contains(&(at as u32)))
    }
}
