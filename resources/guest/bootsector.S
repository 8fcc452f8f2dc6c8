/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The guest of the sandbox: one boot sector that keeps its first disk busy. Six times a second (every third
 * tick of the BIOS timer, which ends the hlt) it writes 4 KiB of a counter to the next place of a ring from 8 to 16
 * MiB, so that bitmaps and overlays grow as slowly as they can be watched and never past 8 MiB. Everything it knows is in the machine's
 * memory and on the stack, so that it goes on after a revert. The power button turns it off.
 *
 * It is linked into the program as data: addresses are written as distances from the start, so that nothing is left
 * for the linker. Disks must have at least 16 MiB.
 */

    .set origin, 0x7c00
    .set buffer, 0x8000
    .set serial, 0x3f8
    /* Where SeaBIOS puts the ACPI power management ports of both of QEMU's PC chipsets. */
    .set pm_status, 0x600
    .set pm_enable, 0x602
    .set pm_control, 0x604
    .set power_button, 0x0100
    .set sleep_off, 0x2000

    .set ticks, 3
    .set sectors, 8
    .set ring_start, 0x4000 /* 8 MiB in sectors */
    .set ring_mask, 0x3fff /* 8 MiB more */

    .section .rodata
    .balign 16
    .globl treewardenBootSector
    .type treewardenBootSector, @object
    .size treewardenBootSector, 512
treewardenBootSector:
    .code16
start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $origin, %sp
    cld
    sti

    movw $(greeting - start + origin), %si
print:
    lodsb
    testb %al, %al
    jz printed
    movw $serial, %dx
    outb %al, %dx
    movb $0x0e, %ah
    xorw %bx, %bx
    int $0x10
    jmp print
printed:

    movw $power_button, %ax
    movw $pm_enable, %dx
    outw %ax, %dx

    xorl %ebp, %ebp /* the counter */
next:
    movl %ebp, %eax
    movw $buffer, %di
    movw $(sectors * 512 / 4), %cx
    rep stosl

    /* The packet of int 13h, built on the stack from its end: LBA, buffer, sectors, size. */
    movl %ebp, %eax
    shll $3, %eax
    andl $ring_mask, %eax
    addl $ring_start, %eax
    pushl $0
    pushl %eax
    pushw $0
    pushw $buffer
    pushw $sectors
    pushw $16
    movw %sp, %si
    movw $0x4300, %ax
    movb $0x80, %dl
    int $0x13
    addw $16, %sp
    incl %ebp

    movw $ticks, %cx
wait:
    hlt
    movw $pm_status, %dx
    inw %dx, %ax
    testw $power_button, %ax
    jnz power_off
    loop wait
    jmp next

power_off:

    movw $pm_control, %dx
    movw $sleep_off, %ax
    outw %ax, %dx
off:
    hlt
    jmp off

greeting:
    .asciz "Treewarden sandbox: writing to the first disk\r\n"

    .fill 510 - (. - start), 1, 0
    .word 0xaa55

    .section .note.GNU-stack, "", @progbits
