# SPDX-License-Identifier: GPL-3.0-or-later
# What every target has in common: warnings, Qt's strictness, sanitizers.

add_library(treewarden_options INTERFACE)
target_compile_options(treewarden_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
target_compile_definitions(treewarden_options INTERFACE
    QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING QT_NO_FOREACH QT_USE_QSTRINGBUILDER
    QT_NO_KEYWORDS QT_STRICT_ITERATORS TREEWARDEN_VERSION="${PROJECT_VERSION}")
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

# One static library a folder: treewarden_folder(NAME SOURCES ... LINKS ...). The link line is the layering.
function(treewarden_folder name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_library(treewarden_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(treewarden_${name} PUBLIC treewarden_options ${ARG_LINKS})
endfunction()
