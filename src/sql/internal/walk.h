// sql/internal/walk.h: the children of a node, so that a reader of trees names only the nodes it cares about.
#pragma once

#include <functional>

#include "sql/ast.h"

namespace tarn::sql {

struct Walker {
    std::function<void(const Expr &)> expr;          // each direct child expression
    std::function<void(const Query &)> query;        // each direct subquery
    std::function<void(const Relation &)> relation;  // of a query or a relation: each direct relation
};

void WalkChildren(const Expr &expr, const Walker &walker);
void WalkChildren(const Relation &relation, const Walker &walker);
// Of a query's own clauses, without its common table expressions and without its body's nested queries, which come as
// queries of their own.
void WalkBody(const QueryBody &body, const Walker &walker);

}  // namespace tarn::sql
