//! Expressions without fields: they have one value, which is worked out while the rule is read, by CEL's own rules for
//! values of any type (cel-spec, *Language Definition*, sections "Values" and "Evaluation").

mod functions;
pub(crate) mod time;
pub(crate) mod value;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use chrono::DateTime;

pub(crate) use value::Value;

use crate::params::{At, ParamValue, Params};
use crate::typed::Cmp;

/// Why an expression has no value.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// CEL's own error: absorbed by `false &&` and `true ||`.
    Error(String),
    /// Nothing that is known here.
    NotSupported(String),
}

type Outcome = Result<Value, Failure>;

/// What constants may refer to.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) params: &'a Params,
    pub(crate) at: &'a At,
    /// The name under which `has` reaches this evaluator.
    pub(crate) has: &'a str,
}

/// More steps than this and a constant is not worked out: nested macros can ask for any number.
const MAX_STEPS: usize = 100_000;

impl World<'_> {
    /// Whether an expression mentions nothing but constants.
    pub(crate) fn is_constant(&self, e: &IdedExpr) -> bool {
        self.constant(e, &mut Vec::new())
    }

    fn constant<'e>(&self, e: &'e IdedExpr, bound: &mut Vec<&'e str>) -> bool {
        match &e.expr {
            Expr::Literal(_) => true,
            Expr::Ident(name) => {
                name == "today" || type_named(name).is_some() || bound.contains(&name.as_str())
            }
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(name) if name == "params" && !bound.contains(&"params") => {
                    self.params.get(&select.field, self.at).is_some()
                }
                _ => self.constant(&select.operand, bound),
            },
            Expr::Call(call) => {
                call.target.iter().map(AsRef::as_ref).chain(&call.args).all(|a| self.constant(a, bound))
            }
            Expr::List(list) => list.elements.iter().all(|item| self.constant(item, bound)),
            Expr::Map(map) => map.entries.iter().all(|entry| match &entry.expr {
                EntryExpr::MapEntry(m) => self.constant(&m.key, bound) && self.constant(&m.value, bound),
                EntryExpr::StructField(_) => false,
            }),
            Expr::Comprehension(c) => {
                if !self.constant(&c.iter_range, bound) || !self.constant(&c.accu_init, bound) {
                    return false;
                }
                let depth = bound.len();
                bound.extend([c.iter_var.as_str(), c.accu_var.as_str()]);
                bound.extend(c.iter_var2.as_deref());
                let inner = [&c.loop_cond, &c.loop_step, &c.result];
                let all = inner.into_iter().all(|part| self.constant(part, bound));
                bound.truncate(depth);
                all
            }
            Expr::Struct(_) | Expr::Unspecified => false,
        }
    }

    /// The value of an expression that is constant.
    pub(crate) fn value(&self, e: &IdedExpr) -> Outcome {
        Evaluation { world: self, scope: Vec::new(), steps: 0 }.value(e)
    }
}

fn type_named(name: &str) -> Option<&'static str> {
    ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type"]
        .into_iter()
        .find(|known| *known == name)
}

struct Evaluation<'w, 'e> {
    world: &'w World<'w>,
    scope: Vec<(&'e str, Value)>,
    steps: usize,
}

impl<'e> Evaluation<'_, 'e> {
    fn value(&mut self, e: &'e IdedExpr) -> Outcome {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Failure::NotSupported(format!("a constant that takes more than {MAX_STEPS} steps")));
        }
        match &e.expr {
            Expr::Literal(literal) => Ok(match literal {
                LiteralValue::Boolean(b) => Value::Bool(*b.inner()),
                LiteralValue::Bytes(b) => Value::Bytes(b.inner().to_vec()),
                LiteralValue::Double(x) => Value::Double(*x.inner()),
                LiteralValue::Int(n) => Value::Int(*n.inner()),
                LiteralValue::Null => Value::Null,
                LiteralValue::String(s) => Value::Text(s.inner().to_owned()),
                LiteralValue::UInt(n) => Value::Uint(*n.inner()),
            }),
            Expr::Ident(name) => self.ident(name),
            Expr::Select(select) => {
                if let Expr::Ident(name) = &select.operand.expr
                    && name == "params"
                    && !self.scope.iter().any(|(bound, _)| bound == name)
                {
                    return self.param(&select.field);
                }
                let operand = self.value(&select.operand)?;
                functions::index(&operand, &Value::Text(select.field.clone()))
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                list.elements.iter().map(|item| self.value(item)).collect::<Result<_, _>>().map(Value::List)
            }
            Expr::Map(map) => {
                let mut entries: Vec<(Value, Value)> = Vec::new();
                for entry in &map.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else {
                        return Err(Failure::NotSupported("messages".to_owned()));
                    };
                    let (key, value) = (self.value(&entry.key)?, self.value(&entry.value)?);
                    if !matches!(key, Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Text(_)) {
                        return Err(Failure::Error("unsupported key type".to_owned()));
                    }
                    if entries.iter().any(|(k, _)| k.same(&key)) {
                        return Err(Failure::Error("repeated key".to_owned()));
                    }
                    entries.push((key, value));
                }
                Ok(Value::Map(entries))
            }
            Expr::Comprehension(c) => self.comprehension(c),
            Expr::Struct(_) | Expr::Unspecified => Err(Failure::NotSupported("messages".to_owned())),
        }
    }

    fn ident(&self, name: &str) -> Outcome {
        if let Some((_, value)) = self.scope.iter().rev().find(|(bound, _)| *bound == name) {
            return Ok(value.clone());
        }
        if name == "today" {
            let seconds = i64::from(self.world.at.day) * crate::check::DAY;
            return Ok(Value::Timestamp(DateTime::from_timestamp(seconds, 0).unwrap_or_default()));
        }
        match type_named(name) {
            Some(name) => Ok(Value::Type(name)),
            None => Err(Failure::NotSupported(format!("the name `{name}`"))),
        }
    }

    fn param(&self, name: &str) -> Outcome {
        match self.world.params.get(name, self.world.at) {
            Some(ParamValue::Bool(b)) => Ok(Value::Bool(*b)),
            Some(ParamValue::Int(n)) => Ok(Value::Int(*n)),
            Some(ParamValue::Double(x)) => Ok(Value::Double(*x)),
            Some(ParamValue::Text(t)) => Ok(Value::Text(t.clone())),
            None => Err(Failure::NotSupported(format!("the constant `params.{name}`"))),
        }
    }

    fn call(&mut self, call: &'e CallExpr) -> Outcome {
        let name = call.func_name.as_str();
        match (name, call.target.as_deref(), call.args.as_slice()) {
            (operators::LOGICAL_AND, None, args) => self.joined(args, false),
            (operators::LOGICAL_OR, None, args) => self.joined(args, true),
            (operators::LOGICAL_NOT, None, [a]) => self.truth(a).map(|b| Value::Bool(!b)),
            // The condition of a macro's loop: an error does not end it.
            (operators::NOT_STRICTLY_FALSE, None, [a]) => match self.value(a) {
                Ok(Value::Bool(b)) => Ok(Value::Bool(b)),
                Ok(_) | Err(Failure::Error(_)) => Ok(Value::Bool(true)),
                Err(other) => Err(other),
            },
            (operators::CONDITIONAL, None, [c, a, b]) => {
                if self.truth(c)? {
                    self.value(a)
                } else {
                    self.value(b)
                }
            }
            (operators::EQUALS, None, [a, b]) => Ok(Value::Bool(self.value(a)?.same(&self.value(b)?))),
            (operators::NOT_EQUALS, None, [a, b]) => Ok(Value::Bool(!self.value(a)?.same(&self.value(b)?))),
            (operators::IN, None, [a, list]) => {
                let wanted = self.value(a)?;
                functions::contains(&self.value(list)?, &wanted)
            }
            (operators::INDEX, None, [a, at]) => {
                let holder = self.value(a)?;
                functions::index(&holder, &self.value(at)?)
            }
            (operators::NEGATE, None, [a]) => functions::negate(&self.value(a)?),
            (name, None, [arg]) if name == self.world.has => self.has(arg),
            (name, None, [a, b]) if crate::check::comparison(name).is_some() => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                if !a.is_comparable(&b) {
                    return Err(Failure::Error("no such overload".to_owned()));
                }
                let cmp = crate::check::comparison(name).unwrap_or(Cmp::Eq);
                Ok(Value::Bool(
                    a.order(&b).is_some_and(|order| cmp.holds(&order, &std::cmp::Ordering::Equal)),
                ))
            }
            (name, None, [a, b]) if crate::check::arithmetic(name).is_some() => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                let op = crate::check::arithmetic(name).unwrap_or(crate::typed::Arith::Add);
                functions::arithmetic(op, a, b)
            }
            _ => {
                let parts = call.target.iter().map(AsRef::as_ref).chain(&call.args);
                let args: Vec<Value> = parts.map(|a| self.value(a)).collect::<Result<_, _>>()?;
                let unknown = || Err(Failure::NotSupported(format!("`{name}`")));
                functions::call(name, &args).unwrap_or_else(unknown)
            }
        }
    }

    fn truth(&mut self, e: &'e IdedExpr) -> Result<bool, Failure> {
        match self.value(e)? {
            Value::Bool(b) => Ok(b),
            _ => Err(Failure::Error("no such overload".to_owned())),
        }
    }

    /// `&&` and `||` with CEL's absorption: `decisive` wins over errors.
    fn joined(&mut self, args: &'e [IdedExpr], decisive: bool) -> Outcome {
        let mut failed = None;
        for arg in args {
            match self.truth(arg) {
                Ok(b) if b == decisive => return Ok(Value::Bool(b)),
                Ok(_) => {}
                Err(Failure::Error(cause)) => failed = failed.or(Some(cause)),
                Err(other) => return Err(other),
            }
        }
        failed.map_or(Ok(Value::Bool(!decisive)), |cause| Err(Failure::Error(cause)))
    }

    /// `has(map.key)`
    fn has(&mut self, arg: &'e IdedExpr) -> Outcome {
        let Expr::Select(select) = &arg.expr else {
            return Err(Failure::NotSupported("`has` of anything but a field".to_owned()));
        };
        functions::contains(&self.value(&select.operand)?, &Value::Text(select.field.clone()))
    }

    fn comprehension(&mut self, c: &'e ComprehensionExpr) -> Outcome {
        let items = match self.value(&c.iter_range)? {
            Value::List(items) => items,
            Value::Map(entries) => entries.into_iter().map(|(key, _)| key).collect(),
            _ => return Err(Failure::Error("no such overload".to_owned())),
        };
        let mut total = self.value(&c.accu_init);
        let depth = self.scope.len();
        for item in items {
            // An error in the accumulator may still be absorbed by a later step, so the loop goes on with it.
            let before = total.clone();
            self.scope.push((&c.iter_var, item));
            let step = match before {
                Ok(value) => {
                    self.scope.push((&c.accu_var, value));
                    match self.truth(&c.loop_cond) {
                        Ok(false) => {
                            self.scope.truncate(depth);
                            break;
                        }
                        Ok(true) | Err(Failure::Error(_)) => self.value(&c.loop_step),
                        Err(other) => Err(other),
                    }
                }
                Err(Failure::Error(cause)) => self.absorbed(c, cause),
                Err(other) => Err(other),
            };
            self.scope.truncate(depth);
            if let Err(Failure::NotSupported(what)) = step {
                return Err(Failure::NotSupported(what));
            }
            total = step;
        }
        self.scope.push((&c.accu_var, total?));
        let result = self.value(&c.result);
        self.scope.truncate(depth);
        result
    }

    /// A step of `exists` or `all` whose accumulator is an error: the step's own condition may decide nevertheless.
    fn absorbed(&mut self, c: &'e ComprehensionExpr, cause: String) -> Outcome {
        if let Expr::Call(step) = &c.loop_step.expr
            && let [Expr::Ident(_), ..] =
                step.args.iter().map(|a| &a.expr).take(1).collect::<Vec<_>>().as_slice()
            && let Some(body) = step.args.get(1)
        {
            let decisive = match step.func_name.as_str() {
                operators::LOGICAL_OR => true,
                operators::LOGICAL_AND => false,
                _ => return Err(Failure::Error(cause)),
            };
            match self.truth(body) {
                Ok(b) if b == decisive => return Ok(Value::Bool(b)),
                Err(Failure::NotSupported(what)) => return Err(Failure::NotSupported(what)),
                _ => {}
            }
        }
        Err(Failure::Error(cause))
    }
}
