# SPDX-License-Identifier: GPL-3.0-or-later
# What every target has in common: warnings, Qt's strictness, sanitizers.

add_library(treewarden_options INTERFACE)
target_compile_options(treewarden_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
target_compile_definitions(treewarden_options INTERFACE
    QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING QT_NO_FOREACH QT_USE_QSTRINGBUILDER
    QT_NO_KEYWORDS QT_STRICT_ITERATORS
    # What a later Qt replaces has no replacement yet in the oldest one that we build with.
    QT_WARN_DEPRECATED_UP_TO=0x060400
    TREEWARDEN_VERSION="${PROJECT_VERSION}")
target_include_directories(treewarden_options INTERFACE ${PROJECT_SOURCE_DIR})

if(TREEWARDEN_SANITIZE)
    target_compile_options(treewarden_options INTERFACE -fsanitize=${TREEWARDEN_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(treewarden_options INTERFACE -fsanitize=${TREEWARDEN_SANITIZE})
    if(TREEWARDEN_SANITIZE MATCHES "undefined")
        target_compile_options(treewarden_options INTERFACE -fno-sanitize-recover=undefined)
    endif()
endif()
if(TREEWARDEN_FUZZ)
    target_compile_options(treewarden_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
    target_link_options(treewarden_options INTERFACE -fsanitize=address,undefined)
endif()

# Parsing the headers of Qt and of the standard library takes most of a build. They are parsed once for code without
# widgets and once for code with them; none of our own headers is among them, and every file still includes what it uses.
set(core_headers <algorithm> <functional> <memory> <optional> <string> <utility> <variant> <vector> <tl/expected.hpp>
    <QByteArray> <QDir> <QFile> <QHash> <QJsonArray> <QJsonDocument> <QJsonObject> <QList> <QMap> <QObject> <QSet> <QString>
    <QStringList> <QVariant>)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cpp "// Nothing but the headers.\n")
add_library(treewarden_core_headers STATIC ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cpp)
target_link_libraries(treewarden_core_headers PUBLIC treewarden_options Qt6::Core tl::expected)
target_precompile_headers(treewarden_core_headers PRIVATE ${core_headers})
add_library(treewarden_widget_headers STATIC ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cpp)
target_link_libraries(treewarden_widget_headers PUBLIC treewarden_options Qt6::Widgets tl::expected)
target_precompile_headers(treewarden_widget_headers PRIVATE ${core_headers} <QtWidgets>)

# treewarden_precompiled(TARGET LINKS...): gives the target the headers that what it links has.
function(treewarden_precompiled target)
    if("${ARGN}" MATCHES "Widgets|treewarden_views")
        target_precompile_headers(${target} REUSE_FROM treewarden_widget_headers)
    else()
        target_precompile_headers(${target} REUSE_FROM treewarden_core_headers)
    endif()
endfunction()

# One static library a folder: treewarden_folder(NAME SOURCES ... LINKS ...). The link line is the layering.
function(treewarden_folder name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_library(treewarden_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(treewarden_${name} PUBLIC treewarden_options ${ARG_LINKS})
    treewarden_precompiled(treewarden_${name} ${ARG_LINKS})
endfunction()
