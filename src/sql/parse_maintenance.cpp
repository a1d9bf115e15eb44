// OPTIMIZE, REORG, VACUUM, RESTORE, CONVERT TO DELTA, CLONE, ANALYZE.
#include "sql/internal/parser_impl.h"

namespace tarn::sql {

// OPTIMIZE t [FULL] [WHERE e] [ZORDER BY (a, b.c)]
Result<Statement::Node> Parser::ParseOptimize() {
    Next();
    Optimize optimize;
    TARN_TRY(optimize.table, ParseTableName(&optimize.is_path));
    optimize.full = Accept("FULL");
    TARN_TRY(optimize.where, ParseOptionalWhere());
    if (AcceptWords({"ZORDER", "BY"})) {
        if (Is("(")) {
            TARN_TRY(optimize.zorder_by, ParseDottedNameList());
        } else {
            do {
                TARN_TRY(Name column, ParseName());
                optimize.zorder_by.push_back(std::move(column));
            } while (Accept(","));
        }
    }
    return optimize;
}

// REORG TABLE t [WHERE e] APPLY (PURGE)
Result<Statement::Node> Parser::ParseReorg() {
    Next();
    Accept("TABLE");
    Reorg reorg;
    TARN_TRY(reorg.table, ParseTableName(&reorg.is_path));
    TARN_TRY(reorg.where, ParseOptionalWhere());
    TARN_CHECK(Expect("APPLY"));
    TARN_CHECK(Expect("("));
    if (Is("UPGRADE")) return Fail(UnsupportedHere("REORG … APPLY (UPGRADE UNIFORM)"));
    TARN_CHECK(Expect("PURGE"));
    TARN_CHECK(Expect(")"));
    return reorg;
}

// VACUUM t [FULL | LITE] [RETAIN n HOURS] [USING INVENTORY t | (query)] [DRY RUN], in any order
Result<Statement::Node> Parser::ParseVacuum() {
    Next();
    Vacuum vacuum;
    TARN_TRY(vacuum.table, ParseTableName(&vacuum.is_path));
    while (true) {
        if (Accept("FULL")) {
            vacuum.lite = false;
        } else if (Accept("LITE")) {
            vacuum.lite = true;
        } else if (Accept("RETAIN")) {
            bool number = Peek().kind == TokenKind::kInteger || Peek().kind == TokenKind::kDecimal;
            bool negative = Is("-") && Peek(1).kind == TokenKind::kInteger;
            if (negative) Next();
            if ((!number && !negative) || Peek().text.size() > 18) return Fail(ErrorHere("a number of HOURS"));
            vacuum.retain_hours = std::stod(Next().text) * (negative ? -1 : 1);
            TARN_CHECK(Expect("HOURS"));
        } else if (AcceptWords({"DRY", "RUN"})) {
            vacuum.dry_run = true;
        } else if (AcceptWords({"USING", "INVENTORY"})) {
            // Without an alias: DRY would be taken for one.
            if (Is("(")) {
                TARN_TRY(vacuum.inventory, ParseParenthesisedRelation(false));
            } else {
                TARN_TRY(vacuum.inventory, ParseTableOrFunction(false, false));
            }
        } else {
            return vacuum;
        }
    }
}

// RESTORE [TABLE] t [TO] VERSION AS OF n | TIMESTAMP AS OF e
Result<Statement::Node> Parser::ParseRestore() {
    Next();
    Accept("TABLE");
    Restore restore;
    TARN_TRY(restore.table.name, ParseTableName(&restore.table.is_path));
    Accept("TO");
    if (!IsAny({"VERSION", "TIMESTAMP"})) return Fail(ErrorHere("TO VERSION AS OF or TO TIMESTAMP AS OF"));
    TARN_CHECK(ParseTimeTravel(restore.table));
    return restore;
}

// CONVERT TO DELTA parquet.`/path` | t [NO STATISTICS] [PARTITIONED BY (a INT, b STRING)]
Result<Statement::Node> Parser::ParseConvert() {
    Next();
    TARN_CHECK(Expect("TO"));
    TARN_CHECK(Expect("DELTA"));
    ConvertToDelta convert;
    TARN_TRY(convert.table, ParseTableName(&convert.is_path));
    while (true) {
        if (AcceptWords({"NO", "STATISTICS"})) {
            convert.statistics = false;
        } else if (AcceptWords({"PARTITIONED", "BY"})) {
            TARN_CHECK(Expect("("));
            do {
                TARN_TRY(ColumnDef column, ParseColumnDef(true));
                convert.partitioned_by.push_back(std::move(column));
            } while (Accept(","));
            TARN_CHECK(Expect(")"));
        } else {
            return convert;
        }
    }
}

// CREATE TABLE t … [SHALLOW | DEEP] CLONE s [VERSION AS OF n] [TBLPROPERTIES (…)] [LOCATION '…']
Result<Statement::Node> Parser::ParseClone(CreateTable table) {
    CloneTable clone;
    clone.or_replace = table.or_replace;
    clone.if_not_exists = table.if_not_exists;
    clone.name = std::move(table.name);
    clone.is_path = table.is_path;
    clone.shallow = Accept("SHALLOW");
    if (!clone.shallow) Accept("DEEP");
    TARN_CHECK(Expect("CLONE"));
    TARN_TRY(clone.source.name, ParseTableName(&clone.source.is_path));
    TARN_CHECK(ParseTimeTravel(clone.source));
    while (true) {
        if (Accept("TBLPROPERTIES")) {
            TARN_TRY(clone.properties, ParseProperties());
        } else if (Accept("LOCATION")) {
            TARN_TRY(clone.location, ParseString("a path"));
        } else {
            return clone;
        }
    }
}

// ANALYZE TABLE t COMPUTE [DELTA] STATISTICS [NOSCAN | FOR COLUMNS a, b | FOR ALL COLUMNS]
Result<Statement::Node> Parser::ParseAnalyze() {
    Next();
    if (Accept("TABLES")) {
        Maintenance maintenance;
        maintenance.command = "ANALYZE TABLES";
        while (!AtEnd() && !Is(";")) Next();
        return maintenance;
    }
    TARN_CHECK(Expect("TABLE"));
    AnalyzeTable analyze;
    TARN_TRY(analyze.table, ParseTableName(&analyze.is_path));
    if (Accept("PARTITION")) {
        TARN_CHECK(Expect("("));
        while (!AtEnd() && !Is(")")) Next();
        TARN_CHECK(Expect(")"));
    }
    TARN_CHECK(Expect("COMPUTE"));
    analyze.delta = Accept("DELTA");
    TARN_CHECK(Expect("STATISTICS"));
    if (Accept("NOSCAN")) {
        analyze.no_scan = true;
    } else if (AcceptWords({"FOR", "ALL", "COLUMNS"})) {
        analyze.all_columns = true;
    } else if (AcceptWords({"FOR", "COLUMNS"})) {
        do {
            TARN_TRY(Name column, ParseName());
            analyze.columns.push_back(std::move(column));
        } while (Accept(","));
    }
    return analyze;
}

}  // namespace tarn::sql
