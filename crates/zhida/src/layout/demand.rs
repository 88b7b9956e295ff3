//! Where people work: a table of cells with people by kind and hours.

use zhida_pack::layout::Spec;
use zhida_types::Datum;

use super::store::{self, NewDemand};
use crate::ids::DemandId;
use crate::journal::{Subject, Write};
use crate::problem::Problem;
use crate::site::layout::Layout;

/// A table whose positions are WGS 84, whatever they were.
pub(super) fn in_wgs84(body: &str, datum: Datum) -> Result<String, Problem> {
    if datum == Datum::Wgs84 {
        return Ok(body.to_owned());
    }
    let fault = |e: csv::Error| Problem::field("file", "fault-demand", e);
    let mut reader = csv::Reader::from_reader(body.as_bytes());
    let head = reader.headers().map_err(fault)?.clone();
    let at = |name: &str| head.iter().position(|h| h.trim() == name);
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(&head).map_err(fault)?;
    for row in reader.records() {
        let row = row.map_err(fault)?;
        let number = |i: Option<usize>| i.and_then(|i| row.get(i)).and_then(|c| c.trim().parse::<f64>().ok());
        let mut cells: Vec<String> = row.iter().map(str::to_owned).collect();
        if let (Some(lon), Some(lat)) = (number(at("lon")), number(at("lat"))) {
            let moved = datum.to_wgs84([lon, lat]).map(|v| format!("{v:.6}"));
            for (name, value) in ["lon", "lat"].into_iter().zip(moved) {
                if let Some(cell) = at(name).and_then(|i| cells.get_mut(i)) {
                    *cell = value;
                }
            }
        }
        out.write_record(cells).map_err(fault)?;
    }
    let bytes = out.into_inner().map_err(|e| anyhow::anyhow!("a table: {e}"))?;
    Ok(String::from_utf8(bytes).map_err(anyhow::Error::from)?)
}

/// Reads a table of people without keeping it: how many cells, and the middle of each.
pub(super) fn read(spec: &Spec, body: &str) -> Result<Vec<[f64; 2]>, Problem> {
    let folder = tempfile::tempdir().map_err(anyhow::Error::from)?;
    let path = folder.path().join("demand.csv");
    std::fs::write(&path, body.trim_start_matches('\u{feff}')).map_err(anyhow::Error::from)?;
    // The fault names the table's line and column; where the table lies for now says nothing to anybody.
    let words = |e: anyhow::Error| format!("{e:#}").replace(&format!("{}/", folder.path().display()), "");
    Layout::cells_of(spec, &path).map_err(|e| Problem::field("file", "fault-demand", words(e)))
}

/// Keeps a table of people that was read.
///
/// # Errors
/// A table that cannot be read: with its line and column.
pub async fn take(write: &mut Write, spec: &Spec, new: NewDemand) -> Result<DemandId, Problem> {
    let cells = read(spec, &new.body)?.len();
    let (kind, file_name) = (new.kind.clone(), new.file_name.clone());
    let id = store::keep_demand(write, NewDemand { cells, ..new }).await?;
    let detail = serde_json::json!({ "kind": kind, "file": file_name, "cells": cells });
    write.note("demand-taken", Subject::new("demand", id), detail).await?;
    Ok(id)
}
