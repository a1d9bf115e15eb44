// Spark's keywords, for completion in a shell.
#include <algorithm>

#include "sql/parser.h"

namespace tarn::sql {

const std::vector<std::string> &Keywords() {
    static const std::vector<std::string> kWords = [] {
        std::vector<std::string> words = {
            "ADD", "AFTER", "ALL", "ALTER", "AND", "ANTI", "APPLY", "ARRAY", "AS", "ASC", "AUTO", "BETWEEN", "BIGINT",
            "BINARY", "BOOLEAN", "BY", "CASCADE", "CASE", "CAST", "CATALOG", "CATALOGS", "CDC", "CHANGES", "CHECK",
            "CLUSTER", "COLUMN", "COLUMNS", "COMMENT", "CONSTRAINT", "CREATE", "CROSS", "CUBE", "CURRENT", "DATABASE",
            "DATABASES", "DATE", "DECIMAL", "DEFAULT", "DELETE", "DESC", "DESCRIBE", "DETAIL", "DISTINCT", "DIV", "DOUBLE",
            "DROP", "ELSE", "END", "ESCAPE", "EVOLUTION", "EXCEPT", "EXISTS", "EXPECT", "EXPLAIN", "EXTENDED", "EXTERNAL",
            "EXTRACT", "FAIL", "FALSE", "FILTER", "FIRST", "FLOAT", "FLOW", "FOLLOWING", "FORMATTED", "FROM", "FULL",
            "FUNCTIONS", "GENERATED", "GROUP", "GROUPING", "HAVING", "HISTORY", "IF", "IGNORE", "ILIKE", "IN", "INNER",
            "INSERT", "INT", "INTERSECT", "INTERVAL", "INTO", "IS", "JOIN", "KEY", "KEYS", "LAST", "LATERAL", "LEFT", "LIKE",
            "LIMIT", "LOCATION", "LONG", "MAP", "MATCHED", "MATERIALIZED", "MERGE", "MINUS", "NAME", "NATURAL", "NOT", "NULL",
            "NULLS", "OF", "OFFSET", "ON", "ONCE", "OPTIMIZE", "OR", "ORDER", "OUTER", "OVER", "OVERWRITE", "PARTITION",
            "PARTITIONED", "PIVOT", "PRECEDING", "PRIMARY", "PRIVATE", "QUALIFY", "RANGE", "RECURSIVE", "REFRESH", "RENAME",
            "REPLACE", "RESET", "RESTORE", "RESTRICT", "RIGHT", "RLIKE", "ROLLUP", "ROW", "ROWS", "SCD", "SCHEMA", "SCHEMAS",
            "SELECT", "SEMI", "SEQUENCE", "SET", "SETS", "SHOW", "SMALLINT", "SOURCE", "STORED", "STREAM", "STREAMING",
            "STRING", "STRUCT", "TABLE", "TABLES", "TABLESAMPLE", "TARGET", "TBLPROPERTIES", "TEMPORARY", "THEN", "TIME",
            "TIMESTAMP", "TIMESTAMP_NTZ", "TINYINT", "TO", "TRUE", "TRUNCATE", "TRY_CAST", "TYPE", "UNBOUNDED", "UNION",
            "UNPIVOT", "UNSET", "UPDATE", "USE", "USING", "VACUUM", "VALUES", "VERSION", "VIEW", "VIEWS", "VIOLATION", "WHEN",
            "WHERE", "WINDOW", "WITH", "WITHIN", "ZORDER",
        };
        std::ranges::sort(words);
        return words;
    }();
    return kWords;
}

}  // namespace tarn::sql
