// extjson/internal/naming.h: the column name of a path (Mode::kMongo).
#pragma once

#include <string>
#include <string_view>

namespace tarn::extjson {

// `path` is the names from the document (or the array's element) down, joined by `_`. Drops every `$`,
// then the underscores at both ends; `path` itself when nothing is left.
inline std::string FlatName(std::string_view path) {
    std::string name;
    for (char c : path) {
        if (c != '$') name += c;
    }
    size_t begin = name.find_first_not_of('_');
    if (begin == std::string::npos) return std::string(path);
    return name.substr(begin, name.find_last_not_of('_') - begin + 1);
}

inline std::string JoinPath(std::string_view parent, std::string_view name) {
    return parent.empty() ? std::string(name) : std::string(parent) + "_" + std::string(name);
}

// As messages and SchemaPaths show a path: `votes[].index`. Names that could be taken for several stand as `['a.b']`, so that no two
// paths look the same.
inline std::string Shown(const std::string &parent, const std::string &name) {
    if (!name.empty() && name.find_first_of(".[") == std::string::npos) return parent.empty() ? name : parent + "." + name;
    std::string quoted;
    for (char c : name) quoted.append(c == '\'' ? 2 : 1, c);
    return parent + "['" + quoted + "']";
}

}  // namespace tarn::extjson
