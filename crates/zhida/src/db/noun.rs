//! What a slice lets be counted: its table's columns under the names that packs use, and how a rule on them is asked of the
//! database. Every count names its county.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Alias, Cond, Expr, ExprTrait as _, Func, JoinType, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr};
use zhida_pack::Aggregate;
use zhida_rules::{At, Comparison, Constant, FieldId, Filter, Params, Profile, RuleSet};
use zhida_types::Day;

use crate::ids::CountyId;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Text, or an id as text.
    Text,
    /// A whole number.
    Int,
    /// Yes or no.
    Bool,
    /// A day.
    Day,
    /// An instant: compared as the day on which it began in Shanghai.
    Instant,
    /// Whatever it holds, the question is whether there is a value.
    Present,
    /// An id.
    Id,
}

/// A column under the name that packs use.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// What a sum of it is multiplied with to be in thousandths.
    pub scale: i64,
}

/// A noun whose rows can be counted.
#[derive(Clone, Copy, Debug)]
pub struct Noun {
    /// The name.
    pub name: &'static str,
    /// The table.
    pub table: &'static str,
    /// The tables beside it: table, the column here, the column there; the county is the same.
    pub joins: &'static [(&'static str, &'static str, &'static str)],
    /// The columns.
    pub fields: &'static [Field],
}

/// A field of the noun's own table.
pub const fn field(name: &'static str, holds: Holds, table: &'static str, column: &'static str) -> Field {
    Field { name, holds, table, column, scale: 1_000 }
}

/// A count that cannot be made, in words for whoever wrote the pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoCount(pub String);

/// A count, ready to be asked.
#[derive(Clone, Debug)]
pub struct Count {
    select: SelectStatement,
    /// By what it is told apart.
    by: Vec<Told>,
    scale: i64,
}

/// How the values of a column become names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Text,
    Id,
    Day,
    Month,
}

impl Noun {
    /// Its fields as a profile, so that rules on them are checked like all others.
    pub fn profile(&self) -> Profile {
        use std::fmt::Write as _;
        let mut text = String::new();
        for f in self.fields {
            let kind = match f.holds {
                Holds::Text | Holds::Id => "string",
                Holds::Int => "int",
                Holds::Bool | Holds::Present => "bool",
                Holds::Day | Holds::Instant => "date",
            };
            let name = f.name;
            let _infallible = writeln!(
                text,
                "[fields.{name}]\ntype = \"{kind}\"\nlabel = {{ zh = \"{name}\", en = \"{name}\" }}"
            );
        }
        Profile::from_toml(&text).unwrap_or_default()
    }

    fn named(&self, name: &str) -> Result<&Field, NoCount> {
        let known = || self.fields.iter().map(|f| f.name).collect::<Vec<_>>().join(", ");
        self.fields
            .iter()
            .find(|f| f.name == name)
            .ok_or_else(|| NoCount(format!("`{}` has no column `{name}`; it has {}", self.name, known())))
    }

    /// A count of the rows for which a rule holds on a day, told apart by columns (`month` tells days apart by their month).
    ///
    /// # Errors
    /// A rule that cannot be checked or asked of a database, or a column that is not there.
    pub fn count(
        &self,
        county: &CountyId,
        rule: &str,
        aggregate: &Aggregate,
        by: &[&str],
        day: Day,
    ) -> Result<Count, NoCount> {
        let profile = self.profile();
        let at = At { day: day.epoch(), region: county.0.clone() };
        let set = RuleSet::compile(&profile, &Params::default(), &at, [("filter", rule)])
            .map_err(|faults| NoCount(faults.to_string()))?;
        let filter = set.filter(0).map_err(|e| NoCount(e.to_string()))?;
        let mut select = Query::select();
        select.from(Alias::new(self.table));
        let of =
            |table: &'static str, column: &'static str| Expr::col((Alias::new(table), Alias::new(column)));
        for (table, here, there) in self.joins {
            let on = Cond::all()
                .add(of(self.table, "county").equals((Alias::new(*table), Alias::new("county"))))
                .add(of(self.table, here).equals((Alias::new(*table), Alias::new(*there))));
            select.join(JoinType::LeftJoin, Alias::new(*table), on);
        }
        select.and_where(of(self.table, "county").eq(county.0.as_str()));
        select.and_where(
            self.condition(&filter).map_err(|field| NoCount(format!("`{field}` cannot be compared so")))?,
        );
        let (n, scale) = match aggregate {
            Aggregate::Rows => (Expr::from(Func::count(of(self.table, "county"))), 1_000),
            Aggregate::Distinct(name) => {
                let f = self.named(name)?;
                (Expr::from(Func::count_distinct(of(f.table, f.column))), 1_000)
            }
            Aggregate::Sum(name) => {
                let f = self.named(name)?;
                // PostgreSQL adds whole numbers up to a decimal one.
                (Expr::from(Func::sum(of(f.table, f.column))).cast_as("bigint"), f.scale)
            }
        };
        select.expr_as(n, "n");
        let mut told = Vec::new();
        for (at, name) in by.iter().enumerate() {
            let months = *name == "month";
            let f = if months {
                let day = self.fields.iter().find(|f| f.holds == Holds::Day);
                day.ok_or_else(|| NoCount(format!("`{}` has no day to tell months apart by", self.name)))?
            } else {
                self.named(name)?
            };
            told.push(match f.holds {
                Holds::Day if months => Told::Month,
                Holds::Day => Told::Day,
                Holds::Id => Told::Id,
                Holds::Text | Holds::Int => Told::Text,
                _ => return Err(NoCount(format!("`{name}` cannot tell rows apart"))),
            });
            let member = of(f.table, f.column);
            let member = if f.holds == Holds::Int { member.cast_as("text") } else { member };
            select.expr_as(member, Alias::new(format!("m{at}")));
            select.group_by_col((Alias::new(f.table), Alias::new(f.column)));
        }
        Ok(Count { select, by: told, scale })
    }

    fn column(&self, id: FieldId) -> Option<&Field> {
        self.fields.get(id.0)
    }

    fn condition(&self, filter: &Filter) -> Result<Expr, String> {
        let all =
            |parts: &[Filter]| parts.iter().map(|p| self.condition(p)).collect::<Result<Vec<Expr>, _>>();
        let named = |id: &FieldId| self.column(*id).ok_or_else(|| format!("{id:?}"));
        Ok(match filter {
            Filter::Always(yes) => Expr::value(*yes).eq(true),
            Filter::All(parts) => {
                all(parts)?.into_iter().reduce(Expr::and).unwrap_or_else(|| Expr::value(1).eq(1))
            }
            Filter::Any(parts) => {
                all(parts)?.into_iter().reduce(Expr::or).unwrap_or_else(|| Expr::value(1).eq(0))
            }
            Filter::Not(inner) => self.condition(inner)?.not(),
            Filter::Known(id) => named(id)?.expr().is_not_null(),
            Filter::Begins(id, text) => {
                let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                let like = sea_orm::sea_query::LikeExpr::new(format!("{escaped}%")).escape('\\');
                named(id)?.expr().like(like)
            }
            Filter::Compare(id, comparison, constant) => {
                let f = named(id)?;
                f.compare(*comparison, constant).ok_or_else(|| f.name.to_owned())?
            }
            Filter::OneOf(id, constants) => {
                let f = named(id)?;
                let parts = constants.iter().map(|c| f.compare(Comparison::Equal, c));
                let parts = parts.collect::<Option<Vec<Expr>>>().ok_or_else(|| f.name.to_owned())?;
                parts.into_iter().reduce(Expr::or).unwrap_or_else(|| Expr::value(1).eq(0))
            }
        })
    }
}

impl Field {
    fn expr(&self) -> Expr {
        Expr::col((Alias::new(self.table), Alias::new(self.column)))
    }

    fn compare(&self, comparison: Comparison, constant: &Constant) -> Option<Expr> {
        let this = self.expr();
        // A value that is or is not there is compared with yes or no.
        if self.holds == Holds::Present {
            let Constant::Bool(yes) = constant else { return None };
            let wanted = (*yes) == (comparison == Comparison::Equal);
            return Some(if wanted { this.is_not_null() } else { this.is_null() });
        }
        if let (Holds::Instant, Constant::Day(day)) = (self.holds, constant) {
            return Some(instant(this, comparison, Day::from_epoch(*day)?));
        }
        Some(match constant {
            Constant::Bool(yes) => compared(this, comparison, *yes),
            Constant::Int(n) => compared(this, comparison, *n),
            Constant::Double(x) => compared(this, comparison, *x),
            Constant::Text(text) if self.holds == Holds::Id => {
                compared(this, comparison, text.parse::<uuid::Uuid>().ok()?)
            }
            Constant::Text(text) => compared(this, comparison, text.clone()),
            Constant::Day(day) => compared(this, comparison, Day::from_epoch(*day)?.0),
        })
    }
}

fn compared(this: Expr, comparison: Comparison, value: impl Into<sea_orm::Value>) -> Expr {
    let value = Expr::value(value);
    match comparison {
        Comparison::Equal => this.eq(value),
        Comparison::NotEqual => this.ne(value),
        Comparison::Less => this.lt(value),
        Comparison::LessOrEqual => this.lte(value),
        Comparison::Greater => this.gt(value),
        Comparison::GreaterOrEqual => this.gte(value),
    }
}

/// An instant against a day in Shanghai: a day is a span of instants.
fn instant(this: Expr, comparison: Comparison, day: Day) -> Expr {
    let (from, until) = (crate::clock::midnight(day), crate::clock::midnight(day.plus_days(1)));
    match comparison {
        Comparison::Equal => this.clone().gte(from).and(this.lt(until)),
        Comparison::NotEqual => this.clone().lt(from).or(this.gte(until)),
        Comparison::Less => this.lt(from),
        Comparison::LessOrEqual => this.lt(until),
        Comparison::Greater => this.gte(until),
        Comparison::GreaterOrEqual => this.gte(from),
    }
}

impl Count {
    /// Asks the database: values in thousandths by members, in the order of the columns.
    ///
    /// # Errors
    /// The database's.
    pub async fn ask(&self, db: &impl ConnectionTrait) -> Result<BTreeMap<Vec<String>, i64>, DbErr> {
        let statement = db.get_database_backend().build(&self.select);
        let mut sums = BTreeMap::new();
        for row in db.query_all_raw(statement).await? {
            let mut members = Vec::with_capacity(self.by.len());
            for (at, told) in self.by.iter().enumerate() {
                let name = format!("m{at}");
                let day = || row.try_get::<Option<chrono::NaiveDate>>("", &name);
                members.push(match told {
                    Told::Text => row.try_get::<Option<String>>("", &name)?.unwrap_or_default(),
                    Told::Id => {
                        let id = row.try_get::<Option<uuid::Uuid>>("", &name)?;
                        id.map_or_else(String::new, |id| id.to_string())
                    }
                    Told::Day => day()?.map_or_else(String::new, |d| d.to_string()),
                    Told::Month => day()?.map_or_else(String::new, |d| d.format("%Y-%m").to_string()),
                });
            }
            let n: Option<i64> = row.try_get("", "n")?;
            let sum: &mut i64 = sums.entry(members).or_insert(0);
            *sum = sum.saturating_add(n.unwrap_or(0).saturating_mul(self.scale));
        }
        Ok(sums)
    }
}
