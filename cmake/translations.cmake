# SPDX-License-Identifier: GPL-3.0-or-later
# treewarden_translations(PROGRAM): builds translations/*.ts into the program, under :/i18n.
# The target update_translations writes new sentences into them; run it by hand after changing texts.
function(treewarden_translations program)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/translations/*.ts)
    set(compiled)
    foreach(source ${sources})
        get_filename_component(name ${source} NAME_WE)
        set(target ${CMAKE_CURRENT_BINARY_DIR}/${name}.qm)
        add_custom_command(OUTPUT ${target} DEPENDS ${source} COMMAND Qt6::lrelease -silent ${source} -qm ${target} VERBATIM)
        list(APPEND compiled ${target})
    endforeach()
    qt_add_resources(${program} ${program}_translations PREFIX "/i18n" BASE ${CMAKE_CURRENT_BINARY_DIR} FILES ${compiled})
endfunction()

# English needs its plural forms only: the sentences themselves are in the sources.
add_custom_target(update_translations
    COMMAND Qt6::lupdate -silent -recursive views app -I ${PROJECT_SOURCE_DIR} -extensions cpp,h -locations none -no-obsolete
        -pluralonly -source-language en -target-language en -ts translations/treewarden_en.ts
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
