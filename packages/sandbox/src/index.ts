// placeholder face, replaced by the first change of this package
export {}
