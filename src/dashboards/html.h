// dashboards/html.h: the HTML around a page's JSON.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tarn::dashboards {

// As text, or within an attribute's double quotes.
std::string EscapeHtml(std::string_view text);

// For a server, in two parts: the second needs the queries' rows, and the browser fetches what the first one names meanwhile.
// Scripts and styles come from /assets. Show it with LivePolicy() as its Content-Security-Policy.
std::string LiveHtmlStart(std::string_view title);
std::string LiveHtmlEnd(std::string_view page_json);
std::string_view LivePolicy();

// One file that needs nothing else: scripts and styles are in it, and a policy that lets only these run.
std::string BuiltHtml(std::string_view title, std::string_view page_json);

}  // namespace tarn::dashboards
