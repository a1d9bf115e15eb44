// CREATE SCHEMA, CATALOG, TABLE and VIEW, and the clauses that pipeline tables share with them.
#include <algorithm>

#include "sql/internal/parser_impl.h"

namespace tarn::sql {

Result<Statement::Node> Parser::ParseCreate() {
    Next();
    bool or_replace = AcceptWords({"OR", "REPLACE"});
    bool or_refresh = !or_replace && AcceptWords({"OR", "REFRESH"});
    bool private_ = Accept("PRIVATE");
    bool global = Accept("GLOBAL");
    bool temporary = Accept("TEMPORARY") || Accept("TEMP");
    if (AcceptWords({"STREAMING", "LIVE", "TABLE"}) || AcceptWords({"STREAMING", "TABLE"})) {
        return ParseStreamingTable(or_refresh, private_);
    }
    if (AcceptWords({"MATERIALIZED", "VIEW"}) || AcceptWords({"LIVE", "TABLE"})) {
        return ParseMaterializedView(or_refresh, or_replace, private_);
    }
    bool live = Is("LIVE") && Peek(1).Is("VIEW");
    if (live) Next();
    if (Accept("VIEW")) {
        TARN_TRY(Statement::Node node, ParseCreateView(or_replace, or_refresh, temporary, global));
        if (live || private_) std::get<CreateView>(node).pipeline = true;
        if (live) std::get<CreateView>(node).temporary = true;
        return node;
    }
    if (Accept("FLOW")) return ParseCreateFlow();
    bool external = Accept("EXTERNAL");
    if (Is("TABLE") && temporary) {
        return Fail(UnsupportedHere("CREATE TEMPORARY TABLE", "Use CREATE TEMPORARY VIEW … AS SELECT."));
    }
    if (Accept("TABLE")) return ParseCreateTable(or_replace, external);
    if (IsAny({"SCHEMA", "DATABASE", "NAMESPACE"})) return ParseCreateSchema();
    if (Is("CATALOG")) return ParseCreateCatalog();
    if (IsAny({"FUNCTION", "VOLUME", "CONNECTION", "RECIPIENT", "SHARE", "EXTERNAL", "SERVER", "INDEX"})) {
        return Fail(UnsupportedHere("CREATE " + Peek().upper));
    }
    return Fail(ErrorHere("TABLE, VIEW, SCHEMA, CATALOG, STREAMING TABLE, MATERIALIZED VIEW or FLOW"));
}

Result<bool> Parser::ParseIfNotExists() {
    if (!Is("IF") || !Peek(1).Is("NOT")) return false;
    TARN_CHECK(ExpectWords({"IF", "NOT", "EXISTS"}));
    return true;
}

Result<Statement::Node> Parser::ParseCreateSchema() {
    Next();
    CreateSchema schema;
    TARN_TRY(schema.if_not_exists, ParseIfNotExists());
    TARN_TRY(schema.name, ParseName());
    while (true) {
        if (Accept("COMMENT")) {
            TARN_TRY(schema.comment, ParseString("a comment"));
        } else if (Accept("LOCATION") || AcceptWords({"MANAGED", "LOCATION"})) {
            TARN_TRY(schema.location, ParseString("a path"));
        } else if (AcceptWords({"WITH", "DBPROPERTIES"}) || AcceptWords({"WITH", "PROPERTIES"})) {
            TARN_TRY(schema.properties, ParseProperties());
        } else {
            return schema;
        }
    }
}

Result<Statement::Node> Parser::ParseCreateCatalog() {
    Next();
    CreateCatalog catalog;
    TARN_TRY(catalog.if_not_exists, ParseIfNotExists());
    TARN_TRY(catalog.name, ParseName());
    if (Accept("COMMENT")) {
        TARN_TRY(catalog.comment, ParseString("a comment"));
    }
    return catalog;
}

Result<Statement::Node> Parser::ParseCreateTable(bool or_replace, bool external) {
    CreateTable table;
    table.or_replace = or_replace;
    table.external = external;
    TARN_TRY(table.if_not_exists, ParseIfNotExists());
    TARN_TRY(table.name, ParseTableName(&table.is_path));
    if (IsAny({"CLONE", "SHALLOW", "DEEP"})) return ParseClone(std::move(table));
    if (Accept("LIKE")) {
        TARN_TRY(table.like, ParseName());
        TARN_CHECK(ParseTableClauses(table.spec));
        return table;
    }
    if (Is("(") && !StartsQuery()) TARN_CHECK(ParseTableElements(table.spec));
    TARN_CHECK(ParseTableClauses(table.spec));
    TARN_CHECK(ParseAsQuery(table.query, table.query_text));
    return table;
}

// [AS] query, when there is one
Result<void> Parser::ParseAsQuery(QueryPtr &query, std::string &text) {
    bool as = Accept("AS");
    if (!as && !StartsQuery()) return {};
    size_t begin = Offset();
    TARN_TRY(query, ParseQuery());
    text = TextFrom(begin);
    return {};
}

Result<Statement::Node> Parser::ParseCreateView(bool or_replace, bool or_refresh, bool temporary, bool global) {
    CreateView view;
    view.or_replace = or_replace || or_refresh;
    view.temporary = temporary;
    view.global_temporary = global;
    TARN_TRY(view.if_not_exists, ParseIfNotExists());
    TARN_TRY(view.name, ParseName());
    TableSpec spec;
    if (Is("(") && !StartsQuery()) TARN_CHECK(ParseTableElements(spec));
    TARN_CHECK(ParseTableClauses(spec));
    view.columns = std::move(spec.columns);
    view.expectations = std::move(spec.expectations);
    view.schema_evolution = spec.schema_evolution;
    if (view.schema_evolution && !view.columns.empty()) return Fail(UnsupportedHere("A list of columns WITH SCHEMA EVOLUTION", "Leave out one of the two."));
    view.pipeline = !view.expectations.empty();
    view.comment = std::move(spec.comment);
    view.properties = std::move(spec.properties);
    if (!spec.using_format.empty()) return Fail(UnsupportedHere("CREATE VIEW … USING", "Write AS SELECT … FROM read_files(…)."));
    if (!Is("AS")) return Fail(ErrorHere("AS and the view's query"));
    TARN_CHECK(ParseAsQuery(view.query, view.query_text));
    return view;
}

// (a INT NOT NULL COMMENT 'x', b STRING, CONSTRAINT c EXPECT (e) ON VIOLATION DROP ROW, PRIMARY KEY (a))
Result<void> Parser::ParseTableElements(TableSpec &spec) {
    TARN_CHECK(Expect("("));
    do {
        TARN_TRY(bool constraint, ParseConstraint(spec));
        if (constraint) continue;
        TARN_TRY(ColumnDef column, ParseColumnDef(false));
        spec.columns.push_back(std::move(column));
        // An expectation may follow its column without a comma.
        while (Is("CONSTRAINT")) {
            TARN_TRY(bool more, ParseConstraint(spec));
            (void)more;
        }
    } while (Accept(","));
    return Expect(")");
}

// Returns whether there was one.
Result<bool> Parser::ParseConstraint(TableSpec &spec) {
    SourcePosition position = Peek().position;
    std::string name;
    bool named = Is("CONSTRAINT") && IsIdentifier(1) && !Peek(2).Is(",") && !Peek(2).Is(")");
    if (named) {
        Next();
        name = Next().text;
    }
    if (named && Accept("EXPECT")) {
        Expectation expectation;
        expectation.name = std::move(name);
        expectation.position = position;
        TARN_CHECK(Expect("("));
        size_t begin = Offset();
        TARN_TRY(expectation.condition, ParseExpr());
        expectation.text = TextFrom(begin);
        TARN_CHECK(Expect(")"));
        if (AcceptWords({"ON", "VIOLATION"})) {
            if (AcceptWords({"DROP", "ROW"})) {
                expectation.on_violation = Violation::kDropRow;
            } else if (AcceptWords({"FAIL", "UPDATE"})) {
                expectation.on_violation = Violation::kFailUpdate;
            } else {
                return Fail(ErrorHere("DROP ROW or FAIL UPDATE"));
            }
        }
        spec.expectations.push_back(std::move(expectation));
        return true;
    }
    bool constraint = (Is("CHECK") && Peek(1).Is("(")) || IsWords({"PRIMARY", "KEY"}) || IsWords({"FOREIGN", "KEY"});
    if (!constraint) {
        if (named) return Fail(ErrorHere("EXPECT, CHECK, PRIMARY KEY or FOREIGN KEY"));
        return false;
    }
    TARN_TRY(TableConstraint parsed, ParseTableConstraint(std::move(name)));
    spec.constraints.push_back(std::move(parsed));
    return true;
}

Result<TableConstraint> Parser::ParseTableConstraint(std::string name) {
    TableConstraint constraint;
    constraint.name = std::move(name);
    if (Accept("CHECK")) {
        TARN_CHECK(Expect("("));
        size_t begin = Offset();
        TARN_TRY(constraint.condition, ParseExpr());
        constraint.text = TextFrom(begin);
        TARN_CHECK(Expect(")"));
    } else if (AcceptWords({"PRIMARY", "KEY"})) {
        constraint.kind = TableConstraint::Kind::kPrimaryKey;
        TARN_TRY(constraint.columns, ParseNameList());
    } else {
        TARN_CHECK(ExpectWords({"FOREIGN", "KEY"}));
        constraint.kind = TableConstraint::Kind::kForeignKey;
        TARN_TRY(constraint.columns, ParseNameList());
        TARN_CHECK(Expect("REFERENCES"));
        TARN_TRY(constraint.references, ParseName());
        if (Is("(")) {
            TARN_TRY(constraint.referenced_columns, ParseNameList());
        }
    }
    while (AcceptWords({"NOT", "ENFORCED"}) || Accept("ENFORCED") || Accept("RELY") || Accept("NORELY") || Accept("DEFERRABLE") ||
           AcceptWords({"INITIALLY", "DEFERRED"})) {
    }
    return constraint;
}

Result<ColumnDef> Parser::ParseColumnDef(bool type_required) {
    ColumnDef column;
    column.position = Peek().position;
    TARN_TRY(column.name, ParseIdentifier("a column's name"));
    bool bare = Is(",") || Is(")") || Is("COMMENT") || Is("CONSTRAINT") || AtEnd();
    if (bare && !type_required) {
        column.has_type = false;
    } else {
        Accept(":");
        TARN_TRY(column.type, ParseType());
    }
    bool found = true;
    while (found) TARN_CHECK(ParseColumnOption(column, &found));
    return column;
}

Result<void> Parser::ParseColumnOption(ColumnDef &column, bool *found) {
    *found = true;
    if (AcceptWords({"NOT", "NULL"})) {
        column.nullable = false;
    } else if (Accept("COMMENT")) {
        TARN_TRY(column.comment, ParseString("a comment"));
    } else if (Accept("DEFAULT")) {
        size_t begin = Offset();
        TARN_TRY(column.default_value, ParseBinary(5));
        column.default_text = TextFrom(begin);
    } else if (Accept("GENERATED")) {
        return ParseGenerated(column);
    } else if (AcceptWords({"PRIMARY", "KEY"})) {
        return {};
    } else {
        *found = Accept("NULL");
    }
    return {};
}

// GENERATED ALWAYS AS (e), GENERATED ALWAYS | BY DEFAULT AS IDENTITY [(START WITH 1 INCREMENT BY 1)]
Result<void> Parser::ParseGenerated(ColumnDef &column) {
    column.identity_always = !AcceptWords({"BY", "DEFAULT"});
    if (column.identity_always) TARN_CHECK(Expect("ALWAYS"));
    TARN_CHECK(Expect("AS"));
    if (Accept("IDENTITY")) return ParseIdentity(column);
    if (!column.identity_always) return Fail(ErrorHere("IDENTITY"));
    TARN_CHECK(Expect("("));
    size_t begin = Offset();
    TARN_TRY(column.generated, ParseExpr());
    column.generated_text = TextFrom(begin);
    return Expect(")");
}

// [(START WITH 1 INCREMENT BY -1)], after IDENTITY
Result<void> Parser::ParseIdentity(ColumnDef &column) {
    column.identity = true;
    if (!Accept("(")) return {};
    auto number = [&](int64_t &out) -> Result<void> {
        bool negative = Accept("-");
        if (!negative) Accept("+");
        TARN_TRY(out, ParseInteger("a whole number"));
        if (negative) out = -out;
        return {};
    };
    while (!Is(")")) {
        if (AcceptWords({"START", "WITH"}) || Accept("START")) {
            TARN_CHECK(number(column.identity_start));
        } else if (AcceptWords({"INCREMENT", "BY"}) || Accept("INCREMENT")) {
            TARN_CHECK(number(column.identity_step));
        } else {
            return Fail(ErrorHere("START WITH or INCREMENT BY"));
        }
        Accept(",");
    }
    return Expect(")");
}

Result<void> Parser::ParseTableClauses(TableSpec &spec) {
    while (true) {
        TARN_TRY(bool found, ParseTableClause(spec));
        if (!found) break;
    }
    // Another spelling of LOCATION.
    auto path = std::ranges::find_if(spec.options, [](auto &option) { return EqualsIgnoreCase(option.first, "path"); });
    if (path == spec.options.end() || !spec.location.empty()) return {};
    spec.location = path->second;
    spec.options.erase(path);
    return {};
}

Result<bool> Parser::ParseTableClause(TableSpec &spec) {
    if (Accept("USING")) {
        TARN_TRY(std::string format, ParseIdentifier("a format such as DELTA"));
        spec.using_format = ToLower(format);
    } else if (Accept("COMMENT")) {
        TARN_TRY(spec.comment, ParseString("a comment"));
    } else if (Accept("LOCATION")) {
        TARN_TRY(spec.location, ParseString("a path"));
    } else if (Accept("TBLPROPERTIES")) {
        TARN_TRY(spec.properties, ParseProperties());
    } else if (Accept("OPTIONS")) {
        TARN_TRY(spec.options, ParseProperties());
    } else if (AcceptWords({"PARTITIONED", "BY"}) || AcceptWords({"PARTITION", "BY"})) {
        TARN_CHECK(ParsePartitionedBy(spec));
    } else if (AcceptWords({"CLUSTER", "BY"})) {
        TARN_CHECK(ParseClusterBy(spec));
    } else if (IsWords({"CLUSTERED", "BY"}) || IsWords({"ROW", "FORMAT"}) || IsWords({"STORED", "AS"}) || IsWords({"STORED", "BY"})) {
        return Fail(UnsupportedHere("Hive's clause " + Peek().upper + " " + Peek(1).upper, "Leave it out: tables are Delta tables."));
    } else if (AcceptWords({"DEFAULT", "COLLATION"})) {
        TARN_CHECK(ParseCollation());
    } else if (Is("SCHEDULE") || IsWords({"TRIGGER", "ON"})) {
        size_t begin = Offset();
        while (!AtEnd() && !Is(";") && !Is("AS") && !Is("COMMENT") && !Is("TBLPROPERTIES")) Next();
        spec.schedule = TextFrom(begin);
    } else if (AcceptWords({"WITH", "SCHEMA", "EVOLUTION"})) {
        spec.schema_evolution = true;
    } else if (AcceptWords({"WITH", "SCHEMA", "BINDING"}) || AcceptWords({"WITH", "SCHEMA", "COMPENSATION"}) || AcceptWords({"WITH", "SCHEMA", "TYPE", "EVOLUTION"})) {
        return true;  // A view keeps its columns' names, and the types are those of its query.
    } else {
        return false;
    }
    return true;
}

// (a, b), (year(ts)) is refused, (a INT) defines the column, too
Result<void> Parser::ParsePartitionedBy(TableSpec &spec) {
    TARN_CHECK(Expect("("));
    do {
        if (Peek(1).Is("(")) {
            return Fail(UnsupportedHere("Partitioning by an expression", "Add a column GENERATED ALWAYS AS (…), or CLUSTER BY."));
        }
        TARN_TRY(ColumnDef column, ParseColumnDef(false));
        spec.partitioned_by.push_back(column.name);
        if (column.has_type) spec.columns.push_back(std::move(column));
    } while (Accept(","));
    return Expect(")");
}

Result<void> Parser::ParseClusterBy(TableSpec &spec) {
    if (Accept("AUTO")) {
        spec.cluster_by_auto = true;
        return {};
    }
    if (Accept("NONE")) {
        spec.cluster_by_none = true;
        return {};
    }
    TARN_TRY(spec.cluster_by, ParseDottedNameList());
    return {};
}

}  // namespace tarn::sql
